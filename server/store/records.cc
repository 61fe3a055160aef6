#include "server/store/records.h"

namespace polder::server::store {

std::string_view ToText(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return "queued";
    case JobState::kRunning:
      return "running";
    case JobState::kDone:
      return "done";
    case JobState::kFailed:
      break;
  }
  return "failed";
}

std::string_view ToText(ReleaseState state) {
  switch (state) {
    case ReleaseState::kEmbargoed:
      return "embargoed";
    case ReleaseState::kPublic:
      return "public";
    case ReleaseState::kWithheld:
      break;
  }
  return "withheld";
}

// Each part is a code without a slash, so that no two different tuples make the same text.
std::string DeliveryContext(const std::string& municipality, const std::string& period,
                            const std::string& delivery_id) {
  return "polder/delivery/v1/" + municipality + "/" + period + "/" + delivery_id;
}

std::string AnswersContext(const std::string& release_id, const std::string& reservation_id) {
  return "polder/answers/v1/" + release_id + "/" + reservation_id;
}

std::string SeedContext(const std::string& release_id, const std::string& role) {
  return "polder/seed/v1/" + release_id + "/" + role;
}

std::string YearKeyId(const std::string& municipality, const base::Year& year) {
  return "year/" + municipality + "/" + year.Text();
}

std::string DeliveryKeyId(const std::string& municipality, const std::string& envelope_digest) {
  return "delivery/" + municipality + "/" + envelope_digest;
}

std::string AnswersKeyId(const std::string& reservation_id) { return "answers/" + reservation_id; }

std::string SeedKeyId(std::string_view seed_context) {
  return "seed/" + std::string(seed_context.substr(seed_context.find("v1/") + 3));
}

}  // namespace polder::server::store
