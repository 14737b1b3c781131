package solusvm_test

import (
	"encoding/json"
	"io"
	"net/http"
)

// echo refuses everything, and quotes all it was sent.
type echo struct{}

func (echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusUnprocessableEntity)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"message": "You sent " + string(body) + " as " + r.Header.Get("Authorization"),
		"errors":  map[string]any{"password": []string{"The password " + string(body) + " is weak."}, "plan": "A text, not a list."},
	})
}
