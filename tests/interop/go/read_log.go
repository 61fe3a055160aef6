// Reads a log of ours with the note and tree code of the Go project (golang.org/x/mod/sumdb), which nobody here wrote.
//
//	read_log DIR VKEY [WITNESS-VKEY...] [--proof FILE...]
//
// Checks the checkpoint's signature and every witness named; every tile against the root; every entry against its hash; that each
// checkpoint in DIR/checkpoints is of a prefix; and each proof file. Prints what it checked; exit 1 with the reason.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func must(holds bool, what string) {
	if !holds {
		check(fmt.Errorf("does not hold"), what)
	}
}

// A witness's key (c2sp.org/tlog-cosignature, type 0x04), as a verifier of Go's note package.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	must(len(parts) == 3, "witness key "+vkey)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	check(err, vkey)
	must(len(raw) == 33 && raw[0] == 4, "witness key "+vkey)
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	must(fmt.Sprintf("%x", sum[:4]) == parts[1], "witness key id of "+vkey)
	return witness{parts[0], binary.BigEndian.Uint32(sum[:4]), ed25519.PublicKey(raw[1:])}
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig[:8]), msg)
	return ed25519.Verify(w.key, []byte(text), sig[8:])
}

// A checkpoint and how many of the verifiers signed it.
func open(text []byte, known []note.Verifier) (tlog.Tree, int) {
	opened, err := note.Open(text, note.VerifierList(known...))
	check(err, "note")
	lines := strings.Split(opened.Text, "\n")
	must(len(lines) >= 4 && lines[0] == known[0].Name(), "origin")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	root, err := tlog.ParseHash(lines[2])
	check(err, "root")
	return tlog.Tree{N: size, Hash: root}, len(opened.Sigs)
}

// Our files as tiles of height 8. Go puts the height into the path.
type tiles struct{ dir string }

func (t tiles) Height() int                                { return 8 }
func (t tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// The entries, from the bundles.
func entries(dir string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		path := strings.Replace(tlog.Tile{H: 8, L: 0, N: n, W: int(width)}.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		check(err, "entries")
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			must(len(data) >= 2+length, path)
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	must(int64(len(all)) == size, "number of entries")
	return all
}

func checkProof(file string, known []note.Verifier) {
	data, err := os.ReadFile(file)
	check(err, file)
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	must(found && len(lines) >= 3 && lines[0] == "c2sp.org/tlog-proof@v1", file)
	leaf, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, file)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, file)
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		check(err, file)
		path = append(path, hash)
	}
	tree, signers := open(checkpoint, known)
	check(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf)), file)
	must(signers > 1 || len(known) == 1, "witnesses of "+file)
}

func main() {
	dir, vkey := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(vkey)
	check(err, vkey)
	known, proofs := []note.Verifier{verifier}, []string{}
	for i, argument := range os.Args[3:] {
		if argument == "--proof" {
			proofs = os.Args[3+i+1:]
			break
		}
		known = append(known, newWitness(argument))
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	check(err, "checkpoint")
	tree, signers := open(text, known)
	reader := tlog.TileHashReader(tree, tiles{dir})
	all := entries(dir, tree.N)
	for start := int64(0); start < tree.N; start += 256 { // a page at a time, as a client asks
		var indexes []int64
		for i := start; i < tree.N && i < start+256; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		hashes, err := reader.ReadHashes(indexes)
		check(err, "tiles")
		for i, hash := range hashes {
			must(hash == tlog.RecordHash(all[start+int64(i)]), fmt.Sprintf("entry %d", start+int64(i)))
		}
	}
	for _, id := range []int64{0, tree.N / 2, tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, id, reader)
		check(err, "inclusion")
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, id, tlog.RecordHash(all[id])), "inclusion")
	}
	earlier, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	check(err, "checkpoints")
	sort.Strings(earlier)
	for _, path := range earlier {
		data, err := os.ReadFile(path)
		check(err, path)
		older, _ := open(data, known)
		if older.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		check(err, path)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash), path)
	}
	for _, file := range proofs {
		checkProof(file, known)
	}
	fmt.Printf("%d entries, %d signatures, %d earlier checkpoints, %d proofs\n", tree.N, signers, len(earlier), len(proofs))
}
