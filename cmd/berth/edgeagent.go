package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/berth-host/berth/internal/edge/agent"
	"github.com/berth-host/berth/internal/edge/bird"
	"github.com/berth-host/berth/internal/edge/remote"
)

type edgeAgentCmd struct {
	Server   string        `required:"" help:"The server's address, https://..." placeholder:"URL"`
	Provider string        `required:"" help:"The edge's name in the server's settings, a provider with driver remote." placeholder:"NAME"`
	KeyFile  string        `required:"" name:"key-file" help:"File with the edge's key, the same as in the server's settings." placeholder:"FILE"`
	Socket   string        `help:"BIRD's control socket; /run/bird/bird.ctl by default." placeholder:"PATH"`
	Config   string        `help:"BIRD's configuration; /etc/bird/bird.conf by default." placeholder:"FILE"`
	Include  string        `help:"The file that it includes, which is ours; /etc/bird/berth/orders.conf by default." placeholder:"FILE"`
	Program  string        `help:"The bird program; /usr/sbin/bird by default." placeholder:"FILE"`
	Every    time.Duration `default:"1s" help:"How often the server is asked." placeholder:"DURATION"`
}

// Run keeps the BIRD of this machine as the server says, until it's told to stop. It has no database and no settings: all that it
// may know comes from the server.
func (c *edgeAgentCmd) Run(s *session) error {
	key, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return usageError{fmt.Errorf("--key-file: %w", err)}
	}
	if c.Every <= 0 {
		return usageError{errors.New("--every must be positive, such as 1s")}
	}
	log := slog.New(slog.NewJSONHandler(s.err, nil))
	a, err := agent.New(agent.Options{
		Edge:   bird.New(bird.Options{Socket: c.Socket, Main: c.Config, Include: c.Include, Program: c.Program}),
		Server: c.Server, Path: remote.Path, Header: remote.KeyHeader, Provider: c.Provider, Key: strings.TrimSpace(string(key)),
		Log: log, Every: c.Every,
	})
	if err != nil {
		return usageError{err}
	}
	writeText(s.out, "ready %s\n", c.Server)
	a.Run(s.ctx)
	return nil
}
