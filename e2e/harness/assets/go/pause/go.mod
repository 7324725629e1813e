module gatehouse/e2e/harness/assets/go/pause

go 1.26.0
