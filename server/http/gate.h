// How much may be going on at once: handlers at work, and bytes of bodies on their way.
#ifndef POLDER_SERVER_HTTP_GATE_H_
#define POLDER_SERVER_HTTP_GATE_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace polder::server::http {

// Lets `width` in at a time; up to `queue` wait, first come first served as far as the scheduler
// is. Thread-safe.
class Gate {
 public:
  Gate(size_t width, size_t queue) : width_(width), queue_(queue) {}

  // False when the queue is full or `longest` passed; then Leave() must not be called.
  bool Enter(std::chrono::milliseconds longest);
  void Leave();
  size_t busy() const;

  // Leaves when it dies.
  class Pass {
   public:
    explicit Pass(Gate& entered) : gate_(entered) {}
    ~Pass() { gate_.Leave(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    Gate& gate_;
  };

 private:
  const size_t width_;
  const size_t queue_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  size_t busy_ = 0;
  size_t waiting_ = 0;
};

// A sum that may not exceed a bound. Thread-safe.
class Allowance {
 public:
  explicit Allowance(size_t bound) : bound_(bound) {}

  // A taken share, given back when it dies; taken() is false when there was not enough.
  class Share {
   public:
    Share(Allowance& allowance, size_t amount);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    bool taken() const { return taken_; }

   private:
    Allowance& allowance_;
    size_t amount_;
    bool taken_;
  };

 private:
  const size_t bound_;
  std::mutex mutex_;
  size_t used_ = 0;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_GATE_H_
