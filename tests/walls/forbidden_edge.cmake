# Included at the end of CMakeLists.txt by the wall tests: asks for one edge. Configuring must fail, or succeed for the control.
if(POLDER_WALL_LIBRARY)
  polder_check_outside(${POLDER_WALL_ROOM} ${POLDER_WALL_LIBRARY})
else()
  polder_check_edges(${POLDER_WALL_ROOM} ${POLDER_WALL_NEEDS})
endif()
message(STATUS "the wall let it pass")
