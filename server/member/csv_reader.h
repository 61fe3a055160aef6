// Comma-separated values as case systems write them: quoted fields with delimiters and line breaks
// in them, in UTF-8 or Windows-1252, read as a stream.
#ifndef POLDER_SERVER_MEMBER_CSV_READER_H_
#define POLDER_SERVER_MEMBER_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "server/member/mapping.h"

namespace polder::server::member {

struct CsvField {
  std::string_view text;  // UTF-8, without quotes, valid until the next record is read
  uint64_t line = 0;      // where the field begins, 1-based
  uint64_t column = 0;    // in characters, 1-based
};

struct CsvRecord {
  uint64_t line = 0;
  std::vector<CsvField> fields;
};

// "bad-encoding", "bad-quoting", "unclosed-quote" or "record-too-long", at a place.
using CsvFault = std::function<void(std::string_view code, uint64_t line, uint64_t column)>;

// Follows RFC 4180 with LF or CRLF line ends; a byte order mark is skipped; empty lines are
// skipped. Every fault is reported and reading goes on: after a quote that is never closed, at the
// line after the one it opened on. Privacy: the buffers hold case data and are wiped when this
// dies.
class CsvReader {
 public:
  static constexpr size_t kMaxRecord = size_t{64} << 10;

  CsvReader(std::istream& in, char delimiter, Encoding encoding, CsvFault fault);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // False at the end of the input. `sound` tells whether the record had no fault; the fields of an
  // unsound record are there as far as they could be read.
  bool Next(CsvRecord& record, bool& sound);

 private:
  struct Span {
    size_t begin, end;  // in scratch_
    uint64_t line, column;
  };
  bool Fill();
  bool ReadRecord(bool& sound);
  // Appends the character at `at` (possibly several bytes) to the scratch; returns its length.
  size_t AppendCharacter(size_t at, bool& sound);
  void SkipLineFrom(size_t at);
  bool Peek(size_t at) { return at < end_ || (Fill() && at < end_); }

  std::istream& in_;
  const char delimiter_;
  const Encoding encoding_;
  const CsvFault fault_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  // unread part of buffer_; begin_ is the start of the record
  std::string scratch_;
  std::vector<Span> spans_;
  uint64_t line_ = 1, column_ = 1;
  bool start_ = true;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_CSV_READER_H_
