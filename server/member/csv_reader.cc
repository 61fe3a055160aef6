#include "server/member/csv_reader.h"

#include <algorithm>
#include <array>
#include <istream>
#include <span>
#include <utility>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::server::member {
namespace {

// Code points of the bytes 0x80 to 0x9F; 0 where Windows-1252 defines none. Source: Unicode
// Consortium, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void AppendUtf8(std::string& out, uint16_t point) {
  if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
  } else {
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (point & 0x3F));
}

// Length of the UTF-8 sequence that a byte leads, 0 for a byte that leads none.
size_t SequenceLength(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

}  // namespace

CsvReader::CsvReader(std::istream& in, char delimiter, Encoding encoding, CsvFault fault)
    : in_(in), delimiter_(delimiter), encoding_(encoding), fault_(std::move(fault)) {
  buffer_.resize(size_t{256} << 10);  // larger than a record: a fill never has to grow it
  scratch_.reserve(4 * kMaxRecord);
}

CsvReader::~CsvReader() {
  crypto::digest::SecureWipe(
      std::span<uint8_t>(reinterpret_cast<uint8_t*>(buffer_.data()), buffer_.size()));
  crypto::digest::SecureWipe(scratch_);
}

bool CsvReader::Fill() {
  if (end_ == buffer_.size()) return false;
  in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  const auto got = static_cast<size_t>(in_.gcount());
  end_ += got;
  return got > 0;
}

size_t CsvReader::AppendCharacter(size_t at, bool& sound) {
  const auto byte = static_cast<uint8_t>(buffer_[at]);
  if (byte < 0x80) {
    if (byte == 0 || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')) {
      sound = false;
      fault_("bad-encoding", line_, column_);
    }
    scratch_ += static_cast<char>(byte);
    return 1;
  }
  if (encoding_ == Encoding::kWindows1252) {
    const uint16_t point = byte < 0xA0 ? kWindows1252[byte - 0x80U] : byte;
    if (point == 0) {
      sound = false;
      fault_("bad-encoding", line_, column_);
    } else {
      AppendUtf8(scratch_, point);
    }
    return 1;
  }
  const size_t length = SequenceLength(byte);
  bool good = length > 0;
  for (size_t i = 1; good && i < length; ++i) good = Peek(at + i);
  if (!good || !base::IsUtf8(std::string_view(buffer_.data() + at, length))) {
    sound = false;
    fault_("bad-encoding", line_, column_);
    return 1;
  }
  scratch_.append(buffer_.data() + at, length);
  return length;
}

void CsvReader::SkipLineFrom(size_t at) {
  while (Peek(at)) {
    if (buffer_[at++] == '\n') break;
    if (at == end_ &&
        end_ == buffer_.size()) {  // a line longer than the buffer: drop what was read
      at = end_ = 0;
    }
  }
  begin_ = at;
}

bool CsvReader::ReadRecord(bool& sound) {
  spans_.clear();
  scratch_.clear();
  size_t at = begin_;
  Span field{0, 0, line_, column_};
  bool quoted = false, closed = false;
  size_t quote_at = 0;
  uint64_t quote_line = 0, quote_column = 0;
  const auto finish = [&] {
    field.end = scratch_.size();
    spans_.push_back(field);
  };
  while (true) {
    const bool more = Peek(at);
    if (quoted && (!more || at - begin_ > kMaxRecord)) {
      fault_("unclosed-quote", quote_line, quote_column);
      sound = false;
      SkipLineFrom(quote_at);
      line_ = quote_line + 1;
      column_ = 1;
      return true;
    }
    if (!more) {
      finish();
      begin_ = at;
      return true;
    }
    if (at - begin_ > kMaxRecord) {
      fault_("record-too-long", line_, column_);
      sound = false;
      SkipLineFrom(at);
      ++line_;
      column_ = 1;
      return true;
    }
    const char c = buffer_[at];
    if (quoted) {
      if (c == '"') {
        if (Peek(at + 1) && buffer_[at + 1] == '"') {
          scratch_ += '"';
          at += 2;
          column_ += 2;
        } else {
          quoted = false;
          closed = true;
          ++at;
          ++column_;
        }
      } else {
        at += AppendCharacter(at, sound);
        if (c == '\n') {
          ++line_;
          column_ = 1;
        } else {
          ++column_;
        }
      }
      continue;
    }
    if (c == delimiter_) {
      finish();
      ++at;
      ++column_;
      field = {scratch_.size(), 0, line_, column_};
      closed = false;
    } else if (c == '\n' || (c == '\r' && Peek(at + 1) && buffer_[at + 1] == '\n')) {
      finish();
      begin_ = at + (c == '\r' ? 2 : 1);
      ++line_;
      column_ = 1;
      return true;
    } else if (c == '"' && !closed && scratch_.size() == field.begin) {
      quoted = true;
      quote_at = at++;
      quote_line = line_;
      quote_column = column_++;
    } else {
      if (c == '"' || closed) {  // a quote inside bare text, or text after a closing quote
        sound = false;
        fault_("bad-quoting", line_, column_);
        closed = false;
      }
      at += AppendCharacter(at, sound);
      ++column_;
    }
  }
}

bool CsvReader::Next(CsvRecord& record, bool& sound) {
  while (true) {
    if (buffer_.size() - begin_ < 2 * kMaxRecord) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (!Peek(begin_)) return false;
    if (std::exchange(start_, false) && encoding_ == Encoding::kUtf8 && Peek(2) &&
        std::string_view(buffer_.data(), 3) == "\xEF\xBB\xBF") {
      begin_ = 3;
      continue;
    }
    sound = true;
    record.line = line_;
    ReadRecord(sound);
    record.fields.clear();
    const std::string_view text = scratch_;
    for (const Span& span : spans_) {
      record.fields.push_back(
          {text.substr(span.begin, span.end - span.begin), span.line, span.column});
    }
    const bool blank = record.fields.size() == 1 && record.fields[0].text.empty();
    if (sound && blank) continue;
    return true;
  }
}

}  // namespace polder::server::member
