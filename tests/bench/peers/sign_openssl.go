//go:build openssl

package main

// #cgo pkg-config: libcrypto
// #include <openssl/evp.h>
// #include <openssl/params.h>
//
// static EVP_MAC_CTX* new_mac(const unsigned char* key, size_t size) {
//   EVP_MAC* mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
//   EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
//   OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", "SHA256", 0),
//                          OSSL_PARAM_construct_end()};
//   EVP_MAC_free(mac);
//   return context != NULL && EVP_MAC_init(context, key, size, params) ? context : NULL;
// }
//
// static int sign(EVP_MAC_CTX* context, const unsigned char* body, size_t size,
//                 unsigned char* digest) {
//   size_t length = 0;
//   return EVP_MAC_init(context, NULL, 0, NULL) && EVP_MAC_update(context, body, size) &&
//          EVP_MAC_final(context, digest, &length, 32) && length == 32;
// }
import "C"

import (
	"errors"
	"log"
	"unsafe"
)

// OpenSSL uses the processor's SHA instructions if there are any, as Go does from 1.21 on.
const signerName = "OpenSSL's SHA-256"

func bytes(of []byte) *C.uchar {
	if len(of) == 0 {
		return nil
	}
	return (*C.uchar)(unsafe.Pointer(&of[0]))
}

func newSigner(secret []byte) func([]byte) ([]byte, error) {
	macs := make(chan *C.EVP_MAC_CTX, 256)
	newMac := func() *C.EVP_MAC_CTX {
		mac := C.new_mac(bytes(secret), C.size_t(len(secret)))
		if mac == nil {
			log.Fatal("OpenSSL has no HMAC with SHA-256")
		}
		return mac
	}
	return func(body []byte) ([]byte, error) {
		var mac *C.EVP_MAC_CTX
		select {
		case mac = <-macs:
		default:
			mac = newMac()
		}
		digest := make([]byte, 32)
		signed := C.sign(mac, bytes(body), C.size_t(len(body)), bytes(digest))
		select {
		case macs <- mac:
		default:
			C.EVP_MAC_CTX_free(mac)
		}
		if signed != 1 {
			return nil, errors.New("OpenSSL signs nothing")
		}
		return digest, nil
	}
}
