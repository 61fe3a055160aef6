// Memory in huge pages, for a program that takes large deliveries.
//
// Receiving one fills a few buffers of its size. In small pages the kernel is asked for each 4 KiB
// when they are touched for the first time, which costs more than opening, checking and sealing the
// delivery together. The C library asks for huge pages when it is told so before it starts, and in
// no other way.
#ifndef POLDER_SERVER_CONFIG_HUGE_PAGES_H_
#define POLDER_SERVER_CONFIG_HUGE_PAGES_H_

namespace polder::server::config {

// First thing in main: starts this program once more, with the same arguments, with
// GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in its environment. Returns when that is so already, when
// the operator has set tunables of their own, or when it cannot be done: nothing depends on it but
// the time.
void RestartWithHugePages(char** argv);

}  // namespace polder::server::config

#endif  // POLDER_SERVER_CONFIG_HUGE_PAGES_H_
