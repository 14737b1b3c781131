package libvirt

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lv "github.com/digitalocean/go-libvirt"
	"go.yaml.in/yaml/v3"

	"github.com/berth-host/berth"
)

// TestCrypt compares with what glibc's crypt says, the first with the specification, too.
func TestCrypt(t *testing.T) {
	for _, c := range []struct{ password, salt, want string }{
		{"Hello world!", "saltstring", "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
		{strings.Repeat("pä\"$'x", 30), "abcdefghijklmnop", "fpyCMV8AF3rUPz2GoISKsGuYc8NpGpNrQKgb5Z2CXuFcXUXsiCE3H.cJoQ1MYSiLKIj8mUZVHNemlM7f7VuZn1"},
		{"", "s", ".ZBEl9liET9mKM6jGxl//vp8wOnIJwfkp.7sG2Ahu2q68bf4LasDRE6k5T5NPzLqBFx3oUbMl6xWpBsFfgm6.."},
	} {
		if got, want := crypt(c.password, c.salt), "$6$"+c.salt+"$"+c.want; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if a, b := saltOf(lv.UUID{1}), saltOf(lv.UUID{2}); a == b || a != saltOf(lv.UUID{1}) || len(a) != 16 {
		t.Errorf("got salts %q and %q, want one of 16 characters for each server", a, b)
	}
	if a, b := newSalt(), newSalt(); a == b {
		t.Errorf("got the salt %q twice", a)
	}
}

// TestISO reads a disk as a reader does: the descriptor, the folder, and the files by their Rock Ridge names. That
// Linux reads it, too, the guest shows.
func TestISO(t *testing.T) {
	files := []file{{"A.;1", "long-name-of-a", strings.Repeat("x", 3000)}, {"B.;1", "b", ""}, {"C.;1", "third", "text"}}
	disk := iso("cidata", files)
	if !bytes.Equal(disk, iso("cidata", files)) {
		t.Error("the same files make two disks")
	}
	pvd := disk[16*2048:]
	if string(pvd[1:6]) != "CD001" || strings.TrimRight(string(pvd[40:72]), " ") != "cidata" {
		t.Errorf("got %q labelled %q", pvd[1:6], pvd[40:72])
	}
	if got := binary.LittleEndian.Uint32(pvd[80:]); int(got)*2048 != len(disk) {
		t.Errorf("got %d sectors noted, want the %d bytes of the disk", got, len(disk))
	}
	folder := disk[binary.LittleEndian.Uint32(pvd[158:])*2048:]
	found := map[string]string{}
	for at := 0; folder[at] != 0; at += int(folder[at]) {
		r := folder[at : at+int(folder[at])]
		at, size := binary.LittleEndian.Uint32(r[2:])*2048, binary.LittleEndian.Uint32(r[10:])
		system := r[33+int(r[32]):]
		if len(system) > 0 && r[32]%2 == 0 {
			system = system[1:]
		}
		for len(system) > 4 && system[2] > 4 {
			if string(system[:2]) == "NM" {
				found[string(system[5:system[2]])] = string(disk[at : at+size])
			}
			system = system[system[2]:]
		}
	}
	for _, f := range files {
		if text, ok := found[f.name]; !ok || text != f.text {
			t.Errorf("%s: got %q (there: %t)", f.name, text, ok)
		}
	}
}

func options() Options {
	return Options{
		Storage: "/disks", Images: map[int64]Image{1: {Path: "/images/a.qcow2"}}, Domain: QEMU, Bridge: "br0", Installation: "here",
		Nameservers: []netip.Addr{netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("2001:db8::2")},
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(options()); err != nil {
		t.Error(err)
	}
	for want, edit := range map[string]func(*Options){
		"domain type":   func(o *Options) { o.Domain = "lxc" },
		"storage":       func(o *Options) { o.Storage = "disks" },
		"bridge":        func(o *Options) { o.Network = "default" },
		"bridge ":       func(o *Options) { o.Bridge = "" },
		"installation":  func(o *Options) { o.Installation = "" },
		"no images":     func(o *Options) { o.Images = nil },
		"absolute path": func(o *Options) { o.Images = map[int64]Image{1: {Path: "a.qcow2"}} },
	} {
		o := options()
		edit(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("got %v, want an error about the %s", err, want)
		}
	}
}

// TestAddress judges what the desk gives a server; there's none of the driver's own.
func TestAddress(t *testing.T) {
	for _, c := range []struct {
		cidr, gateway, mac string
		ok                 bool
	}{
		{"203.0.113.9/24", "203.0.113.1", "52:54:cb:00:71:09", true},
		{"2001:db8::9/64", "2001:db8::1", "52:55:00:00:00:09", true},
		{"", "203.0.113.1", "52:54:cb:00:71:09", false},
		{"203.0.113.9", "203.0.113.1", "52:54:cb:00:71:09", false},
		{"203.0.113.9/24", "", "52:54:cb:00:71:09", false},
		{"203.0.113.9/24", "203.0.113.1", "", false},
		{"203.0.113.9/24", "203.0.113.1", "52:54:cb:00:71:09:00:01", false},
	} {
		if why := address(berth.ServerSpec{CIDR: c.cidr, Gateway: c.gateway, MAC: c.mac}); (why == nil) != c.ok {
			t.Errorf("%q by %q with %q: got %v, want it taken: %t", c.cidr, c.gateway, c.mac, why, c.ok)
		}
	}
}

// TestDomain writes a domain with names that XML must escape, and reads it back.
func TestDomain(t *testing.T) {
	o := options()
	o.Filter, o.CPU = "clean-traffic", "<model>"
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	m := machine{
		id: d.uuid("order"), title: `a "b" <c> & 'd'`, cores: 3, memory: 1 << 20, running: true, mac: "52:54:00:00:00:01", disk: "/disks/x.qcow2",
		note: note{
			Mark: berth.Mark("here", "order"), Created: 7, Plan: `<"5">`, Location: "Île & Ölmütz", Image: 1, Disk: 40,
			Address: "203.0.113.9/24", Gateway: "203.0.113.1", MAC: "52:54:00:00:00:01", Changed: "order", Suspended: true,
		},
	}
	text, err := d.define(m, Image{Kernel: "/k", Cmdline: "a & b"}, "/disks/x.qcow2", "/disks/x.iso")
	if err != nil {
		t.Fatal(err)
	}
	x, err := parseDomain(text)
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	got := x.machine(lv.Domain{UUID: m.id}, true)
	got.dom, got.note.XMLName = lv.Domain{}, m.note.XMLName
	if got != m {
		t.Errorf("got  %+v\nwant %+v\n%s", got, m, text)
	}
	if got.order("here") != "order" || got.order("elsewhere") != "" {
		t.Errorf("got orders %q and %q of this and another installation", got.order("here"), got.order("elsewhere"))
	}
	if f := x.Devices.Interfaces[0].Filter; f == nil || f.Parameter.Value != "203.0.113.9" || x.OS.Cmdline != "a & b" {
		t.Errorf("got filter %+v and command line %q", f, x.OS.Cmdline)
	}
	// What others have in the metadata is theirs, and a note that was spoiled makes the domain nobody's.
	for inner, mark := range map[string]string{
		`<x:y xmlns:x="urn:x"><z/></x:y>` + m.note.element(notePrefix):               m.note.Mark,
		strings.Replace(m.note.element(notePrefix), `created="7"`, `created="x"`, 1): "",
		`<server mark="berth:here:order:order"/>`:                                    "",
		"": "",
	} {
		x.Metadata.Inner = inner
		if got := x.machine(lv.Domain{}, false); got.note.Mark != mark {
			t.Errorf("%s: got mark %q, want %q", inner, got.note.Mark, mark)
		}
	}
}

func TestParseImage(t *testing.T) {
	for text, want := range map[string]Image{
		"/a.qcow2": {Path: "/a.qcow2"},
		"/a;kernel=/k;initrd=/i;cmdline=root=/dev/vda quiet": {Path: "/a", Kernel: "/k", Initrd: "/i", Cmdline: "root=/dev/vda quiet"},
		"": {}, "a.qcow2": {}, "/a;kernel=k": {}, "/a;cmdline=quiet": {}, "/a;size=5": {}, ";kernel=/k": {},
	} {
		got, err := ParseImage(text)
		if got != want || (err == nil) != (want.Path != "") {
			t.Errorf("%q: got %+v and %v, want %+v", text, got, err, want)
		}
	}
}

func TestUUID(t *testing.T) {
	d, _ := New(options())
	o := options()
	o.Installation = "staging"
	copied, _ := New(o)
	id := formatUUID(d.uuid("a"))
	if id != formatUUID(d.uuid("a")) || id == formatUUID(d.uuid("b")) || id == formatUUID(copied.uuid("a")) || id[14] != '8' {
		t.Errorf("got %s for an order, want one for each order of each installation, of version 8", id)
	}
	for text, want := range map[string]bool{
		id: true, strings.ToUpper(id): true, "": false, id + "0": false, strings.ReplaceAll(id, "-", ""): false, "x" + id[1:]: false, id[:35]: false,
	} {
		if got, ok := parseUUID(text); ok != want || ok && formatUUID(got) != id {
			t.Errorf("%q: got %x and %t, want %t", text, got, ok, want)
		}
	}
}

func TestSeed(t *testing.T) {
	for name, want := range map[string]string{
		"box": "box", "Box No. 1!": "box-no.1", "web.example.com": "web.example.com", "": "server", "日本": "server", "-a-.-b-": "a.b",
		"../../x": "x", strings.Repeat("a", 100): strings.Repeat("a", 63), strings.Repeat("ab.", 40): strings.Repeat("ab.", 21) + "a",
		"x\ninstance-id: y": "x-instance-id--y",
	} {
		if got := hostname(name); got != want {
			t.Errorf("host name of %q: got %q, want %q", name, got, want)
		}
	}
	d, _ := New(options())
	for _, c := range []struct{ address, gateway, want string }{
		{"203.0.113.9/24", "203.0.113.1", `routes: [{to: "0.0.0.0/0", via: "203.0.113.1"}]`},
		{"198.51.100.9/32", "203.0.113.1", `routes: [{to: "0.0.0.0/0", via: "203.0.113.1", on-link: true}]`},
		{"2001:db8::9/64", "2001:db8::1", `routes: [{to: "::/0", via: "2001:db8::1"}]`},
		{"203.0.113.9/24", "invalid IP", `addresses: ["203.0.113.2", "2001:db8::2"]`},
	} {
		got := d.networkConfig(note{Address: c.address, Gateway: c.gateway, MAC: "52:54:00:00:00:01"})
		if !strings.Contains(got, c.want) || !strings.Contains(got, `addresses: ["`+c.address+`"]`) || !strings.Contains(got, `macaddress: "52:54:00:00:00:01"`) {
			t.Errorf("got\n%swant %s", got, c.want)
		}
	}
	// Both files are YAML with what they are made from, whatever is in it.
	var network struct {
		Ethernets map[string]struct {
			Match     struct{ MACAddress string }
			Addresses []string
			Routes    []struct{ To, Via string }
		}
	}
	err := yaml.Unmarshal([]byte(d.networkConfig(note{Address: "203.0.113.9/24", Gateway: "203.0.113.1", MAC: "52:54:00:00:00:01"})), &network)
	if card := network.Ethernets["eth0"]; err != nil || card.Match.MACAddress != "52:54:00:00:00:01" || len(card.Routes) != 1 || len(card.Addresses) != 1 {
		t.Errorf("got %v and %+v", err, network)
	}
	var user struct {
		Chpasswd struct {
			Expire bool
			Users  []struct{ Name, Type, Password string }
		}
		WriteFiles []struct{ Path, Content, Permissions string } `yaml:"write_files"`
	}
	hash := crypt("x", "salt")
	if err := yaml.Unmarshal([]byte(userData(hash)), &user); err != nil || len(user.Chpasswd.Users) != 1 || user.Chpasswd.Users[0].Password != hash ||
		len(user.WriteFiles) != 1 || user.WriteFiles[0].Content != "PermitRootLogin yes\n" || user.WriteFiles[0].Permissions != "0644" {
		t.Errorf("got %v and %+v", err, user)
	}
	const secret = "hunter2-hunter2"
	disk := d.seed(d.uuid("a"), "box", note{Address: "203.0.113.9/24"}, crypt(secret, newSalt()))
	if bytes.Contains(disk, []byte(secret)) || !bytes.Contains(disk, []byte("$6$")) {
		t.Error("the seed holds the password, or no hash")
	}
}

func TestMemory(t *testing.T) {
	for bytes, want := range map[int64]int64{1: 1024, 1 << 20: 1024, 1<<20 + 1: 2048, 6 << 30: 6 << 20} {
		if got := kibibytes(bytes); got != want {
			t.Errorf("%d bytes: got %d KiB, want %d", bytes, got, want)
		}
	}
	rss := lv.DomainMemoryStat{Tag: int32(lv.DomainMemoryStatRss), Val: 300}
	available := lv.DomainMemoryStat{Tag: int32(lv.DomainMemoryStatAvailable), Val: 200}
	usable := lv.DomainMemoryStat{Tag: int32(lv.DomainMemoryStatUsable), Val: 150}
	if got := usedMemory([]lv.DomainMemoryStat{rss, available, usable}); got != 50*1024 {
		t.Errorf("with a balloon: got %v bytes, want 50 KiB", got)
	}
	if got := usedMemory([]lv.DomainMemoryStat{rss, available}); got != 300*1024 {
		t.Errorf("without one: got %v bytes, want 300 KiB", got)
	}
	before := counters{cpu: 1, read: 100, written: 10, received: 7, sent: 5, hasDisk: true, hasCard: true}
	after := counters{cpu: 2, memory: 9, read: 300, written: 10, received: 1, sent: 25, hasDisk: true, hasCard: true}
	got := after.since(before, 2, 42)
	if got.CPU[0] != (berth.Sample{At: 42, In: 50}) || got.Memory[0].In != 9 || got.Disk[0] != (berth.Sample{At: 42, In: 100}) ||
		got.Network[0] != (berth.Sample{At: 42, In: 0, Out: 10}) { // a counter that began anew
		t.Errorf("got %+v", got)
	}
}

// TestNobodyAnswers has no libvirt at all: nothing is certain then, and nothing may hang.
func TestNobodyAnswers(t *testing.T) {
	o := options()
	o.Socket = filepath.Join(t.TempDir(), "none")
	d, _ := New(o)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ref, id := berth.Ref{Order: "a"}, formatUUID(d.uuid("a"))
	_, used := d.Usage(ctx, id)
	_, inspected := d.Inspect(ctx, id)
	_, reset := d.ResetPassword(ctx, id, "secret")
	for i, out := range []berth.Outcome{
		d.Create(ctx, ref, berth.ServerSpec{}), d.Find(ctx, ref), d.Describe(ctx, id), d.Resize(ctx, ref, id, berth.ServerSpec{}), d.Delete(ctx, id),
		d.Power(ctx, id, berth.PowerStop), d.Suspend(ctx, id), d.Resume(ctx, id), d.Reinstall(ctx, id, berth.ServerSpec{}), d.Rename(ctx, id, "x"),
		used, inspected, reset,
	} {
		if out.Verdict != berth.Unresolved || out.Reason == nil {
			t.Errorf("call %d: got %s (%v), want unresolved", i, out.Verdict, out.Reason)
		}
	}
	if err := d.Ready(ctx); err == nil {
		t.Error("a node that doesn't answer is ready")
	}
	if err := d.Machines(ctx, func(berth.Machine) error { return nil }); err == nil {
		t.Error("got a list of machines from nobody")
	}
}
