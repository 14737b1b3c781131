// Package planted is run by the tests of secretscan: it leaks what PLANT says, in a test that passes.
package planted

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestLeak(t *testing.T) {
	secret := os.Getenv("SECRET")
	switch os.Getenv("PLANT") {
	case "log":
		t.Logf("the request was made with %s", secret)
	case "stdout":
		fmt.Printf("the request was made with %s\n", secret)
	case "stderr":
		fmt.Fprintf(os.Stderr, "the request was made with %s\n", secret)
	case "name":
		t.Run("with "+secret, func(*testing.T) {})
	case "artifact":
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "log"), []byte("{\"msg\":\"request\"}\n{\"key\":\""+secret+"\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	case "failure":
		t.Errorf("got %s", secret)
	}
}
