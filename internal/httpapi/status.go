package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/berth-host/berth"
)

// status is the one table that turns a code into an HTTP status. There is no 415: any Content-Type is acceptable.
func status(code berth.Code) int {
	switch code {
	case berth.MalformedRequest:
		return http.StatusBadRequest
	case berth.Unauthorized:
		return http.StatusUnauthorized
	case berth.InsufficientBalance:
		return http.StatusPaymentRequired
	case berth.Forbidden:
		return http.StatusForbidden
	case berth.NotFound:
		return http.StatusNotFound
	case berth.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case berth.InProgress, berth.OutOfStock, berth.Busy:
		return http.StatusConflict
	case berth.TooLarge:
		return http.StatusRequestEntityTooLarge
	case berth.InvalidParameter, berth.IdempotencyMismatch, berth.NotSupported:
		return http.StatusUnprocessableEntity
	case berth.RateLimited:
		return http.StatusTooManyRequests
	case berth.ProviderRefused:
		return http.StatusBadGateway
	case berth.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// retryAfter is the seconds of the Retry-After header, 0 for no header. The codes that pass by themselves always have
// one, also where nobody knew a better number than a second.
func retryAfter(e *berth.Error) int {
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	switch e.Code {
	case berth.InProgress, berth.Busy, berth.RateLimited, berth.Unavailable:
		return 1
	}
	return 0
}

// refusal finds out what to tell the client about err. A deadline that passed, or a client that hung up, isn't a
// fault of Berth's: what came of the request can be asked later.
func refusal(err error) *berth.Error {
	var e *berth.Error
	if !errors.As(err, &e) && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return berth.Errorf(berth.Unavailable, "The answer took too long; try again.").Because(err)
	}
	return berth.AsError(err)
}

// fault is an internal error with its cause.
func fault(cause error) *berth.Error {
	return berth.Errorf(berth.Internal, "An internal error occurred; it has been logged.").Because(cause)
}
