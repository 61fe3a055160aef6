# Tests that belong to no single room: the walls, the formats, the attacks, the whole region.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(polder_script_test name label)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 300)
endfunction()

# Walls: include, symbol, compile and link.
set(walls ${PROJECT_SOURCE_DIR}/tests/walls)
polder_script_test(walls:includes unit ${Python3_EXECUTABLE} ${walls}/check_includes.py ${PROJECT_SOURCE_DIR})
polder_script_test(walls:includes-self-test unit ${Python3_EXECUTABLE} ${walls}/check_includes.py ${PROJECT_SOURCE_DIR} --self-test)
polder_script_test(walls:exact unit ${Python3_EXECUTABLE} ${walls}/check_exact.py ${PROJECT_SOURCE_DIR})
polder_script_test(walls:exact-self-test unit ${Python3_EXECUTABLE} ${walls}/check_exact.py ${PROJECT_SOURCE_DIR} --self-test)
if(TARGET polder AND TARGET polder-member AND TARGET polder-keyholder AND TARGET polder-verify)
  polder_script_test(walls:symbols unit ${Python3_EXECUTABLE} ${walls}/check_symbols.py ${PROJECT_BINARY_DIR})
endif()
polder_script_test(walls:symbols-self-test unit ${Python3_EXECUTABLE} ${walls}/check_symbols.py ${PROJECT_BINARY_DIR} --self-test)
file(GLOB forbidden_code CONFIGURE_DEPENDS ${walls}/compile_fail/*.cc)
foreach(file IN LISTS forbidden_code)
  get_filename_component(name ${file} NAME_WE)
  if(name STREQUAL "release_from_unaudited" AND NOT EXISTS ${PROJECT_SOURCE_DIR}/stats/release/release.h)
    continue()
  endif()
  polder_script_test(walls:must-not-compile:${name} unit ${Python3_EXECUTABLE} ${walls}/check_compile_fail.py ${CMAKE_CXX_COMPILER}
                     ${PROJECT_SOURCE_DIR} ${file})
endforeach()

function(polder_wall_test name room needs expected)
  polder_script_test(walls:link:${name} unit ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR} -B ${PROJECT_BINARY_DIR}/walls/${name}
                     -DBUILD_TESTING=OFF -DPOLDER_WALL_TEST=ON -DPOLDER_WALL_ROOM=${room} ${needs})
  set_tests_properties(walls:link:${name} PROPERTIES PASS_REGULAR_EXPRESSION "${expected}")
endfunction()
polder_wall_test(control stats/audit -DPOLDER_WALL_NEEDS=stats/table "the wall let it pass")
polder_wall_test(readers-see-no-cases server/readers -DPOLDER_WALL_NEEDS=stats/cases "forbidden edge: server/readers -> stats/cases")
polder_wall_test(audit-knows-no-suppressor stats/audit -DPOLDER_WALL_NEEDS=stats/suppress "forbidden edge: stats/audit -> stats/suppress")
polder_wall_test(sql-only-in-store server/jobs -DPOLDER_WALL_LIBRARY=SQLite::SQLite3 "forbidden edge: server/jobs -> SQLite::SQLite3")
polder_wall_test(no-room-outside-the-list stats/elsewhere -DPOLDER_WALL_NEEDS=stats/table "not in POLDER_EDGES")

# Formats: every example and every shipped document against its schema.
if(EXISTS ${PROJECT_SOURCE_DIR}/tests/formats/check_schemas.py)
  polder_script_test(formats:schemas unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/formats/check_schemas.py ${PROJECT_SOURCE_DIR})
endif()

polder_test(population NEEDS stats/population stats/tabulate server/member)
polder_test(formats NEEDS stats/table stats/cases policies/disclosure server/member)

polder_script_test(docs:true unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/formats/check_docs.py ${PROJECT_SOURCE_DIR})
polder_script_test(docs:self-test unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/formats/check_docs.py ${PROJECT_SOURCE_DIR}
                   --self-test)

# The checker in Python answers beside polder-verify. It is started a hundred times: by itself, not through a version manager.
execute_process(COMMAND ${Python3_EXECUTABLE} -c "import sys; print(sys.executable)" OUTPUT_VARIABLE polder_python
                OUTPUT_STRIP_TRAILING_WHITESPACE)
target_compile_definitions(test_server_verify PRIVATE POLDER_PYTHON="${polder_python}")

# What anyone outside can see of a whole region.
polder_test(outside NEEDS server/collect server/govern server/jobs server/readers)

# Our log read by golang.org/x/mod/sumdb.
polder_test(interop/go NEEDS crypto/log)

# Attacks on what is published; each stays for good.
polder_test(attack NEEDS stats/release stats/suppress stats/audit stats/compare stats/reconcile)

polder_script_test(attack:duo-report unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/attack/duo_report.py
                   ${PROJECT_BINARY_DIR}/bin/polder ${PROJECT_BINARY_DIR}/duo-report
                   ${PROJECT_SOURCE_DIR}/policies/data/codebooks/nl-leerplicht-2026.1.json)

# One necessary cell uncovered at a time in the benchmark's tables: what follows is found.
polder_script_test(attack:planted-leaks unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/attack/planted_leaks.py
                   ${PROJECT_BINARY_DIR}/bin/polder ${PROJECT_SOURCE_DIR}/tests/bench/hiding ${PROJECT_BINARY_DIR}/planted-leaks --tables a)
polder_script_test(long:planted-leaks long ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/attack/planted_leaks.py
                   ${PROJECT_BINARY_DIR}/bin/polder ${PROJECT_SOURCE_DIR}/tests/bench/hiding ${PROJECT_BINARY_DIR}/planted-leaks-long --tables a,b,c,d)
set_tests_properties(long:planted-leaks PROPERTIES TIMEOUT 3600)

# An auditor that shares nothing with ours, on Debian's scipy: members and pairs attack random tables.
polder_script_test(attack:independent-auditor unit /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/attack/independent_auditor.py
                   ${PROJECT_BINARY_DIR}/bin/polder ${PROJECT_BINARY_DIR}/independent-auditor --tables 40)
polder_script_test(long:independent-auditor long /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/attack/independent_auditor.py
                   ${PROJECT_BINARY_DIR}/bin/polder ${PROJECT_BINARY_DIR}/independent-auditor-long --tables 400 --first 1000)
set_tests_properties(long:independent-auditor PROPERTIES TIMEOUT 3600)

# Five years of releases with corrections under both mechanisms.
polder_test(five_years TIMEOUT 900 NEEDS server/jobs server/member stats/population stats/release)

# The claim of the intervals, over many seeds, on the generator's truth.
polder_test(statistical LABEL statistical TIMEOUT 900 NEEDS server/cli server/member)

# The claims of a release, over many simulated ones: errors and intervals, what an attacker learns, what one pupil can change.
polder_test(claims LABEL statistical TIMEOUT 900 NEEDS stats/reconcile stats/compare stats/budget crypto/random)
add_test(NAME long:releases COMMAND test_claims --gtest_filter=SimulatedReleases.*)
set_tests_properties(long:releases PROPERTIES LABELS long TIMEOUT 3600 ENVIRONMENT POLDER_RELEASES=200000)

# Hiding beside the optimum of an integer programme.
pkg_check_modules(Cbc IMPORTED_TARGET cbc)
if(Cbc_FOUND)
  polder_test(optimum TIMEOUT 900 COST 800 NEEDS stats/suppress stats/table LINKS PkgConfig::Cbc)
endif()

# The ledger under fire in full: 500 workers killed at any moment (the test of the room kills 25).
add_test(NAME long:ledger-under-fire COMMAND test_server_jobs --gtest_filter=Fire.AKilledWorkerCostsNothingButTime)
set_tests_properties(long:ledger-under-fire PROPERTIES LABELS long TIMEOUT 1800 ENVIRONMENT POLDER_KILLS=500)

# The whole region from outside.
add_test(NAME e2e:region COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/region_test.py ${PROJECT_SOURCE_DIR}
                                 ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/e2e)
# It waits more than it computes: started first, it costs the others little.
set_tests_properties(e2e:region PROPERTIES LABELS e2e TIMEOUT 900 COST 1000)

# Programs that nobody here wrote, on the other side of the wire.
polder_program(oprf-driver tests/interop/oprf_driver_main.cc NEEDS crypto/oprf)
set_target_properties(oprf-driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
polder_script_test(interop:voprf-ts e2e ${PROJECT_SOURCE_DIR}/tests/interop/voprf-ts/run ${PROJECT_BINARY_DIR}/interop/voprf-ts
                   $<TARGET_FILE:oprf-driver>)
polder_program(jws-driver tests/interop/jws_driver_main.cc NEEDS crypto/jws)
set_target_properties(jws-driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
polder_script_test(interop:sign-in e2e ${PROJECT_SOURCE_DIR}/tests/interop/oidc/run ${PROJECT_BINARY_DIR}/interop/sign-in --service $<TARGET_FILE:polder>
                   ${PROJECT_SOURCE_DIR}/policies/data/codebooks/nl-leerplicht-2026.1.json ${PROJECT_SOURCE_DIR}/policies/data/policies/default.json
                   ${PROJECT_BINARY_DIR}/interop/sign-in-region)
polder_script_test(interop:oidc e2e ${PROJECT_SOURCE_DIR}/tests/interop/oidc/run ${PROJECT_BINARY_DIR}/interop/oidc $<TARGET_FILE:jws-driver>)

# Side channels: no branch and no address may depend on a secret. The rooms are compiled once more, with marks for valgrind.
find_program(POLDER_VALGRIND valgrind)
find_path(POLDER_VALGRIND_HEADERS valgrind/memcheck.h)
if(POLDER_VALGRIND AND POLDER_VALGRIND_HEADERS AND NOT POLDER_SANITIZE AND NOT POLDER_COVERAGE)
  file(GLOB watched CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/crypto/digest/*.cc ${PROJECT_SOURCE_DIR}/crypto/random/*.cc
       ${PROJECT_SOURCE_DIR}/crypto/oprf/*.cc)
  add_executable(side-channels ${PROJECT_SOURCE_DIR}/tests/side_channels/side_channels_main.cc ${watched}
                 ${PROJECT_SOURCE_DIR}/crypto/seal/seal.cc ${PROJECT_SOURCE_DIR}/crypto/seal/wrap.cc)
  set_target_properties(side-channels PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(side-channels PRIVATE POLDER_SIDE_CHANNEL_CHECK)
  target_compile_options(side-channels PRIVATE -g1)
  target_include_directories(side-channels SYSTEM PRIVATE ${POLDER_VALGRIND_HEADERS})
  target_link_libraries(side-channels PRIVATE polder_flags polder_policies_base OpenSSL::Crypto)
  polder_script_test(side-channels unit ${POLDER_VALGRIND} --error-limit=no --num-callers=40 --suppressions=tests/side_channels/library.supp
                     --log-file=${PROJECT_BINARY_DIR}/side-channels.log $<TARGET_FILE:side-channels>)
endif()

# The draws of the program, drawn again from the documented format alone and in another language.
if(TARGET polder)
  polder_script_test(noise:reference-draws unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/stats/noise/reference_draws.py
                     $<TARGET_FILE:polder>)
  # Accounts and plans beside exact fractions.
  polder_script_test(noise:reference-figures unit ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/stats/noise/reference_figures.py
                     $<TARGET_FILE:polder>)
endif()

# Two key holders and members, from outside: broken lines, liars, quotas, and every byte that passes.
add_test(NAME e2e:tokens COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/tokens_test.py ${PROJECT_BINARY_DIR}
                                 ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/tokens)
set_tests_properties(e2e:tokens PROPERTIES LABELS e2e TIMEOUT 600 COST 500)

polder_fuzz(delivery NEEDS stats/cases)
polder_fuzz(element NEEDS crypto/oprf)

if(POLDER_BENCH)
  include(${PROJECT_SOURCE_DIR}/tests/bench/bench.cmake)
endif()
