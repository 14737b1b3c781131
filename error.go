package berth

import (
	"errors"
	"fmt"
)

// Code is the stable, machine-readable name of a failure. The set is closed: the HTTP surface turns each code into
// exactly one status, and clients may switch on it.
type Code string

// The codes of the error contract (docs/api.md lists their HTTP statuses).
const (
	MalformedRequest    Code = "malformed_request"    // the body can't be decoded
	Unauthorized        Code = "unauthorized"         // key missing, unknown, revoked or expired
	InsufficientBalance Code = "insufficient_balance" // the wallet doesn't cover the amount
	Forbidden           Code = "forbidden"            // the key may not do this, or not for this user
	NotFound            Code = "not_found"            // unknown plan, server, order, path...
	MethodNotAllowed    Code = "method_not_allowed"   // the path exists, the method doesn't
	InProgress          Code = "in_progress"          // a request with the same Idempotency-Key is still running
	OutOfStock          Code = "out_of_stock"         // plan, pool or network has none left
	Busy                Code = "busy"                 // another operation on this service is under way
	TooLarge            Code = "too_large"            // the body exceeds the limit
	InvalidParameter    Code = "invalid_parameter"    // a parameter is missing, of the wrong type or out of range
	IdempotencyMismatch Code = "idempotency_mismatch" // the Idempotency-Key was used with another request
	NotSupported        Code = "not_supported"        // the provider behind the service has no such ability
	RateLimited         Code = "rate_limited"         // too many requests
	Internal            Code = "internal"             // a fault of Berth itself
	ProviderRefused     Code = "provider_refused"     // the driver certainly refused; the money was returned
	Unavailable         Code = "unavailable"          // queue full, database away, shutting down
)

// Error is what every entrance of this package returns when it refuses. Message is one sentence for people and may
// be shown to any client: it holds no key, password, SQL or driver text. The cause is for the log alone.
type Error struct {
	Code       Code
	Message    string
	Parameter  string // wire name of the offending parameter, "" when there is none
	RetryAfter int    // seconds after which a repeat makes sense, 0 for no advice
	cause      error
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap exposes the cause to errors.Is and to the log. Never show it to a client.
func (e *Error) Unwrap() error { return e.cause }

// Because attaches the cause, which only the log will show.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Errorf makes an Error without a parameter.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid is the refusal of one parameter's value.
func Invalid(parameter, format string, args ...any) *Error {
	return &Error{Code: InvalidParameter, Parameter: parameter, Message: fmt.Sprintf(format, args...)}
}

// Unknown is the refusal of an id that names nothing the caller may see.
func Unknown(parameter, format string, args ...any) *Error {
	return &Error{Code: NotFound, Parameter: parameter, Message: fmt.Sprintf(format, args...)}
}

// TryAgain is the refusal of what can't be done just now, and whose outcome may be unknown.
func TryAgain(cause error) *Error {
	e := Errorf(Unavailable, "Berth can't take this right now; try again shortly.").Because(cause)
	e.RetryAfter = 2
	return e
}

// AsError finds the Error in err's chain; anything else is wrapped as Internal, so that a caller always has a code.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(Internal, "An internal error occurred; it has been logged.").Because(err)
}

// IsCode reports whether err is an Error with this code.
func IsCode(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
