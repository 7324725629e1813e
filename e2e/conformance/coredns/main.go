// CoreDNS with the plugins that the conformance suite's backend for UDPRoutes is configured with, and no others.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/whoami"
)

// In this order a query passes them, as in CoreDNS' own plugin.cfg.
var order = []string{"errors", "log", "forward", "whoami"}

func main() {
	dnsserver.Directives = order
	coremain.Run()
}
