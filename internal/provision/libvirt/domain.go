package libvirt

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth"
)

// The limits of what a domain is asked to be; a catalogue beyond them has a slip of the pen.
const (
	maxCores       = 1024
	maxDisk  int64 = 1 << 20 // GB
)

// What we note in a domain is one element of our own in its metadata.
const (
	noteSpace  = "https://berth.host/xmlns/libvirt/1"
	notePrefix = "berth"
)

// note is what the domain itself can't tell.
type note struct {
	XMLName   xml.Name `xml:"https://berth.host/xmlns/libvirt/1 server"`
	Mark      string   `xml:"mark,attr"`    // berth.Mark
	Created   int64    `xml:"created,attr"` // when it was first started, microseconds UTC; 0 while it's being made
	Plan      string   `xml:"plan,attr"`
	Location  string   `xml:"location,attr"`
	Image     int64    `xml:"image,attr"`
	Disk      int64    `xml:"disk,attr"` // GB
	Address   string   `xml:"address,attr"`
	Gateway   string   `xml:"gateway,attr"`
	MAC       string   `xml:"mac,attr"`
	Changed   string   `xml:"changed,attr"` // the newest order that made or resized it
	Suspended bool     `xml:"suspended,attr"`
}

// element is the note as XML. libvirt binds the prefix itself when it is given the element alone; within a domain's
// definition we bind it. (encoding/xml can write neither.)
func (n note) element(prefix string) string {
	var b strings.Builder
	b.WriteString("<server")
	if prefix != "" {
		b.Reset()
		fmt.Fprintf(&b, `<%s:server xmlns:%s="%s"`, prefix, prefix, noteSpace)
	}
	for _, a := range [][2]string{
		{"mark", n.Mark}, {"created", strconv.FormatInt(n.Created, 10)}, {"plan", n.Plan}, {"location", n.Location},
		{"image", strconv.FormatInt(n.Image, 10)}, {"disk", strconv.FormatInt(n.Disk, 10)}, {"address", n.Address},
		{"gateway", n.Gateway}, {"mac", n.MAC}, {"changed", n.Changed}, {"suspended", strconv.FormatBool(n.Suspended)},
	} {
		fmt.Fprintf(&b, ` %s="`, a[0])
		_ = xml.EscapeText(&b, []byte(a[1])) // a builder takes everything
		b.WriteByte('"')
	}
	return b.String() + "/>"
}

// machine is a domain as a call sees it.
type machine struct {
	id      lv.UUID
	dom     lv.Domain
	title   string
	cores   int64
	memory  int64 // KiB
	running bool
	mac     string // of the first interface
	disk    string // the first disk's file
	note    note   // empty when the domain isn't ours
}

func (m machine) ref() string { return formatUUID(m.id) }

func (m machine) done() berth.Outcome {
	address, _, _ := strings.Cut(m.note.Address, "/")
	return berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: m.ref(), ServerUUID: m.ref(), Address: address}}
}

// order is whose server it is by its mark, "" when it isn't this installation's.
func (m machine) order(installation string) string {
	owner, order, ok := berth.ReadMark(m.note.Mark)
	if !ok || owner != installation {
		return ""
	}
	return order
}

// domainXML is the part of libvirt's domain format that we write and read.
type domainXML struct {
	XMLName  xml.Name `xml:"domain"`
	Type     string   `xml:"type,attr"`
	Name     string   `xml:"name"`
	UUID     string   `xml:"uuid"`
	Title    string   `xml:"title,omitempty"`
	Metadata struct {
		Inner string `xml:",innerxml"`
	} `xml:"metadata"`
	Memory struct {
		Unit  string `xml:"unit,attr"`
		Value int64  `xml:",chardata"`
	} `xml:"memory"`
	VCPU struct {
		Value int64 `xml:",chardata"`
	} `xml:"vcpu"`
	OS struct {
		Type struct {
			Machine string `xml:"machine,attr"`
			Value   string `xml:",chardata"`
		} `xml:"type"`
		Kernel  string `xml:"kernel,omitempty"`
		Initrd  string `xml:"initrd,omitempty"`
		Cmdline string `xml:"cmdline,omitempty"`
	} `xml:"os"`
	Features   inner      `xml:"features"`
	CPU        *inner     `xml:"cpu"`
	Clock      attributed `xml:"clock"`
	OnPoweroff string     `xml:"on_poweroff"`
	OnReboot   string     `xml:"on_reboot"`
	OnCrash    string     `xml:"on_crash"`
	Devices    struct {
		Disks      []diskXML      `xml:"disk"`
		Interfaces []interfaceXML `xml:"interface"`
		Others     string         `xml:",innerxml"`
	} `xml:"devices"`
}

// inner is an element whose content we write as it is and don't read.
type inner struct {
	Mode  string `xml:"mode,attr,omitempty"`
	Match string `xml:"match,attr,omitempty"`
	Inner string `xml:",innerxml"`
}

// attributed is an element that is all attributes. Each kind of element uses some of them.
type attributed struct {
	Offset  string `xml:"offset,attr,omitempty"`
	Name    string `xml:"name,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	File    string `xml:"file,attr,omitempty"`
	Dev     string `xml:"dev,attr,omitempty"`
	Bus     string `xml:"bus,attr,omitempty"`
	Discard string `xml:"discard,attr,omitempty"`
	Address string `xml:"address,attr,omitempty"`
	Bridge  string `xml:"bridge,attr,omitempty"`
	Network string `xml:"network,attr,omitempty"`
}

type diskXML struct {
	XMLName  xml.Name    `xml:"disk"`
	Type     string      `xml:"type,attr"`
	Device   string      `xml:"device,attr"`
	Driver   attributed  `xml:"driver"`
	Source   attributed  `xml:"source"`
	Target   attributed  `xml:"target"`
	ReadOnly *attributed `xml:"readonly"`
}

type interfaceXML struct {
	XMLName xml.Name   `xml:"interface"`
	Type    string     `xml:"type,attr"`
	MAC     attributed `xml:"mac"`
	Source  attributed `xml:"source"`
	Model   attributed `xml:"model"`
	Filter  *filterXML `xml:"filterref"`
}

type filterXML struct {
	Filter    string `xml:"filter,attr"`
	Parameter struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"parameter"`
}

func parseDomain(text string) (x domainXML, err error) {
	if err := xml.Unmarshal([]byte(text), &x); err != nil {
		return x, fmt.Errorf("read a domain's XML: %w", err)
	}
	return x, nil
}

// machine is what a domain's lasting definition tells. The metadata hold other programs' elements, too.
func (x domainXML) machine(dom lv.Domain, running bool) machine {
	m := machine{id: dom.UUID, dom: dom, title: x.Title, cores: x.VCPU.Value, memory: x.Memory.Value, running: running}
	if len(x.Devices.Interfaces) > 0 {
		m.mac = x.Devices.Interfaces[0].MAC.Address
	}
	for _, disk := range x.Devices.Disks {
		if disk.Device == "disk" && m.disk == "" {
			m.disk = disk.Source.File
		}
	}
	d := xml.NewDecoder(strings.NewReader(x.Metadata.Inner))
	for {
		token, err := d.Token()
		if err != nil {
			return m
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Space == noteSpace {
			if err := d.DecodeElement(&m.note, &start); err != nil {
				m.note = note{} // somebody has edited it: then it isn't ours
			}
			return m
		}
	}
}

// define is the definition of a server.
func (d *Driver) define(m machine, image Image, disk, seed string) (string, error) {
	var x domainXML
	x.Type, x.Name, x.UUID, x.Title = d.o.Domain, "berth-"+m.ref(), m.ref(), title(m.title)
	x.Metadata.Inner = m.note.element(notePrefix)
	x.Memory.Unit, x.Memory.Value, x.VCPU.Value = "KiB", m.memory, m.cores
	x.OS.Type.Machine, x.OS.Type.Value = "pc", "hvm"
	x.OS.Kernel, x.OS.Initrd, x.OS.Cmdline = image.Kernel, image.Initrd, image.Cmdline
	x.Features.Inner = "<acpi/><apic/>"
	if d.o.Domain == QEMU {
		// The translated code may otherwise take a gigabyte of the node, whatever the guest has.
		x.Features.Inner += `<tcg><tb-cache unit="MiB">128</tb-cache></tcg>`
	}
	x.CPU = &inner{Mode: "host-model"}
	if d.o.CPU != "" {
		var model strings.Builder
		_ = xml.EscapeText(&model, []byte(d.o.CPU))
		x.CPU = &inner{Mode: "custom", Match: "exact", Inner: `<model fallback="allow">` + model.String() + "</model>"}
	}
	x.Clock.Offset = "utc"
	x.OnPoweroff, x.OnReboot, x.OnCrash = "destroy", "restart", "restart"
	x.Devices.Disks = []diskXML{
		{Type: "file", Device: "disk", Driver: attributed{Name: "qemu", Type: "qcow2", Discard: "unmap"},
			Source: attributed{File: disk}, Target: attributed{Dev: rootDevice, Bus: "virtio"}},
		{Type: "file", Device: "disk", Driver: attributed{Name: "qemu", Type: "raw"},
			Source: attributed{File: seed}, Target: attributed{Dev: "vdb", Bus: "virtio"}, ReadOnly: &attributed{}},
	}
	x.Devices.Interfaces = []interfaceXML{d.networkCard(m)}
	// The channel is the guest agent's, which sets passwords; the balloon is asked for the memory that is used, and
	// never inflated.
	x.Devices.Others = `<serial type="pty"/><console type="pty"/><memballoon model="virtio"><stats period="10"/></memballoon>` +
		`<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>` +
		`<rng model="virtio"><backend model="random">/dev/urandom</backend></rng>`
	text, err := xml.Marshal(x)
	return string(text), err
}

// rootDevice is the first disk's name in the domain.
const rootDevice = "vda"

func (d *Driver) networkCard(m machine) interfaceXML {
	card := interfaceXML{Type: "bridge", MAC: attributed{Address: m.note.MAC}, Source: attributed{Bridge: d.o.Bridge}, Model: attributed{Type: "virtio"}}
	if d.o.Network != "" {
		card.Type, card.Source = "network", attributed{Network: d.o.Network}
	}
	if d.o.Filter != "" {
		card.Filter = &filterXML{Filter: d.o.Filter}
		card.Filter.Parameter.Name = "IP"
		card.Filter.Parameter.Value, _, _ = strings.Cut(m.note.Address, "/")
	}
	return card
}

// title is a name as libvirt takes it: on one line.
func title(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }), " ")
}

// kibibytes is memory in libvirt's unit, up to the whole mebibyte that qemu gives.
func kibibytes(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 << 10 }

// gigabytes is a disk's size in bytes. A catalogue's GB is 2 to the 30th, as everywhere in this trade.
func gigabytes(gb int64) uint64 { return uint64(gb) << 30 } // #nosec G115 -- between 0 and maxDisk
