// The Gateway API's conformance suite as it is; what it is run with is in the file that its option -conformance-options-file names.
package suite

import (
	"encoding/json"
	"fmt"
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
	"sigs.k8s.io/gateway-api/pkg/features"
)

func TestConformance(t *testing.T) {
	options := conformance.DefaultOptions(t)
	// A mesh is another product.
	mesh := features.SetsToNamesSet(features.MeshCoreFeatures, features.MeshExtendedFeatures)
	options.ExemptFeatures = append(options.ExemptFeatures, mesh.UnsortedList()...)
	options.Hook = printResult
	conformance.RunConformanceWithOptions(t, options)
}

// A line for whoever runs this: the report names neither the tests that passed nor those that belong to no profile.
func printResult(t *testing.T, test suite.ConformanceTest, of *suite.ConformanceTestSuite) {
	if !of.SupportedFeatures.HasAll(test.Features...) {
		return
	}
	outcome := "passed"
	if t.Failed() {
		outcome = "failed"
	} else if t.Skipped() {
		outcome = "skipped"
	}
	line, err := json.Marshal(map[string]any{"name": test.ShortName, "outcome": outcome, "features": test.Features})
	if err != nil {
		t.Error(err)
	}
	fmt.Printf("\nresult: %s\n", line)
}
