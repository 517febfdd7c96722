// A typical receiver of webhooks in Go with net/http: it reads the body with io.ReadAll and checks
// its signature; with -file it appends the body to that file and syncs it before it answers. It
// decides nothing. With -reuse it reads into buffers that are reused.
//
//	receiver -secret FILE [-file FILE] [-reuse]     prints the URL it listens at
package main

import (
	"crypto/hmac"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

const largestBody = 25 << 20

var buffers = sync.Pool{New: func() any { return new([]byte) }}

type receiver struct {
	sign  func(body []byte) ([]byte, error)
	lock  sync.Mutex
	file  *os.File // nil: nothing is stored
	reuse bool
}

func (r *receiver) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	body, done, err := r.read(answer, request)
	if err != nil {
		answer.WriteHeader(http.StatusBadRequest)
		return
	}
	defer done()
	given, err := hex.DecodeString(strings.TrimPrefix(request.Header.Get("X-Hub-Signature-256"), "sha256="))
	wanted, signErr := r.sign(body)
	if err != nil || signErr != nil || !hmac.Equal(given, wanted) {
		answer.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.file != nil {
		if err := r.store(body); err != nil {
			answer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	answer.WriteHeader(http.StatusAccepted)
}

// The body, and a function to call when it is no longer needed.
func (r *receiver) read(answer http.ResponseWriter, request *http.Request) ([]byte, func(), error) {
	if !r.reuse || request.ContentLength < 0 || request.ContentLength > largestBody {
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, largestBody))
		return body, func() {}, err
	}
	buffer := buffers.Get().(*[]byte)
	if int64(cap(*buffer)) < request.ContentLength {
		*buffer = make([]byte, request.ContentLength)
	}
	body := (*buffer)[:request.ContentLength]
	_, err := io.ReadFull(request.Body, body)
	return body, func() { buffers.Put(buffer) }, err
}

func (r *receiver) store(body []byte) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	if _, err := r.file.Write(body); err != nil {
		return err
	}
	return r.file.Sync()
}

func main() {
	secretFile := flag.String("secret", "", "the file with the webhook secret")
	file := flag.String("file", "", "where bodies are appended, each synced")
	reuse := flag.Bool("reuse", false, "read bodies into buffers that are used again")
	flag.Parse()
	secret, err := os.ReadFile(*secretFile)
	if err != nil {
		log.Fatal(err)
	}
	r := &receiver{sign: newSigner([]byte(strings.TrimSpace(string(secret)))), reuse: *reuse}
	if *file != "" {
		r.file, err = os.OpenFile(*file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			log.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening at http://%s signing with %s\n", listener.Addr(), signerName)
	log.Fatal(http.Serve(listener, r))
}
