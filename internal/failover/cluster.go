package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/process"
)

const haproxy = "/usr/sbin/haproxy"

// names of the machines; those of the shipped settings.
var names = [...]string{"db1", "db2", "db3"}

// cluster is the machines as Patroni sees them.
type cluster struct {
	site     *process.Site
	bin      string // PostgreSQL's programs
	machines []*machine
	http     http.Client

	// The proxy of one of Berth's servers, beside which it runs; the other server names all machines itself.
	proxyPort int
	proxy     *process.Process
}

// newCluster writes the settings of all machines, made from the shipped ones, and starts nothing.
func newCluster(s *process.Site, shipped string) (*cluster, error) {
	for _, program := range []string{"/usr/bin/patroni", "/usr/bin/patronictl", "/usr/bin/etcd", haproxy} {
		if _, err := os.Stat(program); err != nil {
			return nil, fmt.Errorf("%w; scripts/failover-setup installs it", err)
		}
	}
	bin, err := pgtest.BinDir()
	if err != nil {
		return nil, err
	}
	c := &cluster{site: s, bin: bin, http: http.Client{Timeout: 2 * time.Second}}
	ports, err := process.FreePorts(4*len(names) + 1)
	if err != nil {
		return nil, err
	}
	c.proxyPort = ports[4*len(names)]
	passwords := map[string]string{}
	for _, user := range []string{"postgres", "replicator", "rewinder", "patroni", "berth"} {
		passwords[user] = rand.Text()
	}
	for i, name := range names {
		dir, err := s.Folder(name)
		if err != nil {
			return nil, err
		}
		p := ports[4*i:]
		c.machines = append(c.machines, &machine{site: s, name: name, dir: dir, passwords: passwords,
			pgPort: p[0], restPort: p[1], clientPort: p[2], peerPort: p[3]})
	}
	return c, c.writeSettings(shipped)
}

// writeSettings makes every server's settings from the shipped ones.
func (c *cluster) writeSettings(shipped string) error {
	write := func(from, to string, make func(string) ([]byte, error)) error {
		text, err := make(filepath.Join(shipped, from))
		if err != nil {
			return err
		}
		return c.site.Write(to, text, 0o600)
	}
	for _, m := range c.machines {
		err := errors.Join(
			write("patroni.yml", m.patroniConfig(), m.patroniChanges(c.machines, c.bin).yaml),
			write("etcd.yml", m.etcdConfig(), m.etcdChanges(c.machines).yaml))
		if err != nil {
			return err
		}
	}
	return write("haproxy.cfg", c.site.Path("haproxy.cfg"), c.proxyChanges().text)
}

// start brings all machines up and waits until the cluster is whole.
func (c *cluster) start(ctx context.Context) error {
	for _, m := range c.machines {
		if err := m.start(); err != nil {
			return err
		}
	}
	if _, err := c.awaitWhole(ctx); err != nil {
		return err
	}
	var err error
	c.proxy, err = c.site.Spawn("haproxy", nil, haproxy, "-db", "-f", c.site.Path("haproxy.cfg"))
	return err
}

// member is what Patroni tells about a machine.
type member struct {
	Name     string `json:"name"`
	Role     string `json:"role"`
	State    string `json:"state"`
	Timeline int    `json:"timeline"`
	Lag      any    `json:"lag"` // bytes, or "unknown"
}

// members asks the first Patroni that answers.
func (c *cluster) members(ctx context.Context) ([]member, error) {
	errs := []error{errors.New("no Patroni answers")}
	for _, m := range c.machines {
		if !m.patroni.Alive() {
			continue
		}
		var answer struct {
			Members []member `json:"members"`
		}
		err := c.ask(ctx, "http://"+address(m.restPort)+"/cluster", &answer)
		if err == nil {
			return answer.Members, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (c *cluster) ask(ctx context.Context, url string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}

// roles are the machines by what they are for the moment. Any of them may be nil.
type roles struct{ leader, sync, replica *machine }

func (r roles) String() string {
	name := func(m *machine) string {
		if m == nil {
			return "none"
		}
		return m.name
	}
	return fmt.Sprintf("primary %s, synchronous standby %s, standby %s", name(r.leader), name(r.sync), name(r.replica))
}

// rolesOf sorts the members that fully play their part: a standby must follow the leader's timeline and have nearly
// everything of it.
func (c *cluster) rolesOf(members []member) (r roles) {
	timeline := 0
	for _, m := range members {
		if m.Role == "leader" && m.State == "running" {
			r.leader, timeline = c.machine(m.Name), m.Timeline
		}
	}
	const nearly = 16 << 20
	for _, m := range members {
		lag, known := m.Lag.(float64)
		if m.Timeline != timeline || !known || lag > nearly || (m.State != "running" && m.State != "streaming") {
			continue
		}
		switch m.Role {
		case "sync_standby":
			r.sync = c.machine(m.Name)
		case "replica":
			r.replica = c.machine(m.Name)
		}
	}
	return r
}

func (c *cluster) machine(name string) *machine {
	for _, m := range c.machines {
		if m.name == name {
			return m
		}
	}
	return nil
}

// awaitWhole waits until there's a primary, a synchronous standby and another standby, all up to date.
func (c *cluster) awaitWhole(ctx context.Context) (roles, error) {
	return c.await(ctx, "a primary with two standbys", func(r roles) bool {
		return r.leader != nil && r.sync != nil && r.replica != nil
	})
}

// await waits for a distribution of roles.
func (c *cluster) await(ctx context.Context, what string, is func(roles) bool) (r roles, err error) {
	var asked error
	err = process.Until(ctx, patience, what, func() bool {
		var members []member
		members, asked = c.members(ctx)
		r = c.rolesOf(members)
		return is(r)
	})
	if err != nil {
		err = errors.Join(fmt.Errorf("%w; there is: %v", err, r), asked)
	}
	return r, err
}

// switchover makes a standby the primary, as an operator does before maintenance.
func (c *cluster) switchover(ctx context.Context, from, to *machine) error {
	_, err := c.site.Output(ctx, nil, "/usr/bin/python3", "/usr/bin/patronictl", "-c", to.patroniConfig(),
		"switchover", "berth", "--leader", from.name, "--candidate", to.name, "--force")
	return err
}

// sql runs statements on one machine as the superuser, and returns what they answer, a row a line.
func (c *cluster) sql(ctx context.Context, m *machine, statements ...string) (string, error) {
	args := []string{"-h", loopback, "-p", fmt.Sprint(m.pgPort), "-U", "postgres", "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1"}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	out, err := c.site.Output(ctx, []string{"PGPASSWORD=" + m.passwords["postgres"], "PGCONNECT_TIMEOUT=5"}, filepath.Join(c.bin, "psql"), args...)
	return strings.TrimSpace(out), err
}

// hosts is every machine's PostgreSQL; pgx tries them in this order.
func (c *cluster) hosts() string {
	var hosts []string
	for _, m := range c.machines {
		hosts = append(hosts, address(m.pgPort))
	}
	return strings.Join(hosts, ",")
}

// databaseURL is the address of Berth's database, as docs/postgresql-ha.md gives it. The password is apart, in
// PGPASSWORD.
func databaseURL(hosts string) string {
	query := url.Values{"sslmode": {"disable"}, "target_session_attrs": {"read-write"}, "connect_timeout": {"2"}}
	return "postgres://berth@" + hosts + "/berth?" + query.Encode()
}
