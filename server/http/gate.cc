#include "server/http/gate.h"

namespace polder::server::http {

bool Gate::Enter(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  if (busy_ < width_ && waiting_ == 0) {
    ++busy_;
    return true;
  }
  if (waiting_ >= queue_) return false;
  ++waiting_;
  const bool let_in = freed_.wait_for(lock, longest, [this] { return busy_ < width_; });
  --waiting_;
  if (let_in) ++busy_;
  return let_in;
}

void Gate::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --busy_;
  }
  freed_.notify_one();
}

size_t Gate::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

Allowance::Share::Share(Allowance& allowance, size_t amount)
    : allowance_(allowance), amount_(amount), taken_(false) {
  const std::lock_guard lock(allowance_.mutex_);
  if (amount_ > allowance_.bound_ - allowance_.used_) return;
  allowance_.used_ += amount_;
  taken_ = true;
}

Allowance::Share::~Share() {
  if (!taken_) return;
  const std::lock_guard lock(allowance_.mutex_);
  allowance_.used_ -= amount_;
}

}  // namespace polder::server::http
