// Package libvirt makes servers on a node that runs libvirt: a qcow2 overlay on a base image, a seed disk from which
// cloud-init sets name, network and password, and a domain that starts with the node.
//
//	libvirt.go   options, and the calls of berth.ServerDriver
//	image.go     base images, and whether the node is ready
//	life.go      the abilities: power, suspend, reinstall, password, name, delete
//	inspect.go   reading servers, and what they use
//	session.go   a connection that ends with its context, and what libvirt's errors mean
//	domain.go    a domain's XML, and what we note in it
//	storage.go   pools and volumes
//	seed.go      cloud-init's files; iso.go writes them as a disk; crypt.go hashes the password
//
// Everything of a server is named after a UUID that follows from its order, so that a call that is repeated, at once
// or after a crash, finds what the earlier one made: libvirt has one domain for a UUID and one volume for a name. A
// machine made twice can't be expressed.
package libvirt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth"
)

// What runs the guests. It is a setting and never detected: nodes list kvm without being able to run it.
const (
	KVM  = "kvm"  // the processor's virtualisation: a provider's node
	QEMU = "qemu" // emulation: anywhere, and slow
)

// Image is what a server's disk begins as.
type Image struct {
	Path string // of the base image on the node, qcow2 or raw; it must never change once a server was made of it
	// Kernel, Initrd and Cmdline boot images without a boot loader; files on the node, usually empty.
	Kernel, Initrd, Cmdline string
}

// Options of a driver.
type Options struct {
	Socket string // libvirt's unix socket; /run/libvirt/libvirt-sock when empty. A remote node's comes through ssh -L
	URI    string // qemu:///system when empty

	Storage string          // folder on the node for the servers' disks
	Images  map[int64]Image // by the catalogue's image id
	Domain  string          // KVM or QEMU
	CPU     string          // model; when empty the node's own under KVM, Nehalem under QEMU

	Bridge      string // of the node; or
	Network     string // libvirt's name of a network
	Filter      string // libvirt's network filter, such as clean-traffic, which keeps a server to its own address; "" for none
	Nameservers []netip.Addr

	Installation string        // in the mark of all that is made
	Grace        time.Duration // that a server has to shut down before it is cut off; 20 s when 0
	Now          func() int64  // microseconds UTC
}

// Driver makes servers on one node. It is a berth.ServerDriver with all abilities but a console; it keeps no
// connection and nothing else between calls.
type Driver struct{ o Options }

var (
	_ berth.ServerDriver     = (*Driver)(nil)
	_ berth.Deleter          = (*Driver)(nil)
	_ berth.Powerer          = (*Driver)(nil)
	_ berth.Suspender        = (*Driver)(nil)
	_ berth.Reinstaller      = (*Driver)(nil)
	_ berth.PasswordResetter = (*Driver)(nil)
	_ berth.Renamer          = (*Driver)(nil)
	_ berth.Meter            = (*Driver)(nil)
	_ berth.Inspector        = (*Driver)(nil)
	_ berth.Checker          = (*Driver)(nil)
)

// New judges the options; it connects to nothing. Errors name the option and what it should be.
func New(o Options) (*Driver, error) {
	if o.Socket == "" {
		o.Socket = "/run/libvirt/libvirt-sock"
	}
	if o.URI == "" {
		o.URI = string(lv.QEMUSystem)
	}
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMicro() }
	}
	if o.CPU == "" && o.Domain == QEMU {
		o.CPU = "Nehalem" // qemu's default lacks what today's distributions are compiled for
	}
	switch {
	case o.Domain != KVM && o.Domain != QEMU:
		return nil, fmt.Errorf("the domain type is %q; it must be kvm, or qemu where the node has no virtualisation", o.Domain)
	case !filepath.IsAbs(o.Storage):
		return nil, fmt.Errorf("the storage folder is %q; it must be an absolute path on the node", o.Storage)
	case (o.Bridge == "") == (o.Network == ""):
		return nil, errors.New("give a bridge of the node or a network of libvirt, one of the two")
	case o.Installation == "":
		return nil, errors.New("the installation's id is missing; without it, servers couldn't be told from another installation's")
	case len(o.Images) == 0:
		return nil, errors.New("there are no images; name a base image for every image id of the catalogue")
	}
	for id, image := range o.Images {
		if !filepath.IsAbs(image.Path) {
			return nil, fmt.Errorf("image %d has the path %q; it must be an absolute path on the node", id, image.Path)
		}
	}
	o.Storage = filepath.Clean(o.Storage) // libvirt finds disks by their paths as text
	return &Driver{o: o}, nil
}

// uuid is the identity of the server of an order. It holds the installation, so that another installation on the
// same node makes servers of its own.
func (d *Driver) uuid(order string) lv.UUID {
	sum := sha256.Sum256([]byte(berth.Mark(d.o.Installation, order)))
	id := lv.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // RFC 9562: version 8, a UUID by a rule of one's own
	return id
}

// Create makes the server of an order and starts it: Done means that it runs and boots, with its address. What an
// earlier call has made is completed.
func (d *Driver) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return d.change(ctx, func(s *session) (berth.Outcome, error) {
		id := d.uuid(ref.Order)
		m, ok, err := s.machine(id)
		if err != nil {
			return berth.Outcome{}, err
		}
		if ok && m.note.Created != 0 {
			return m.done(), nil // once it was made, whether it runs is its owner's affair
		}
		if ok && m.running {
			return s.made(m)
		}
		m, why, err := d.make(s, id, ref.Order, spec)
		if err != nil {
			return berth.Outcome{}, err
		}
		if why != nil {
			// What an earlier call has left goes, too: after a refusal nothing of this order comes to exist.
			return refused(why), d.remove(s, id)
		}
		return s.made(m)
	})
}

// make takes all steps to a running server, each of which finds what it did before. why tells what can't be done.
func (d *Driver) make(s *session, id lv.UUID, order string, spec berth.ServerSpec) (m machine, why, err error) {
	image, why := d.image(spec)
	if why == nil {
		why = address(spec)
	}
	if why != nil {
		return m, why, nil
	}
	base, why, err := s.base(image, spec.Disk)
	if why != nil || err != nil {
		return m, why, err
	}
	pool, err := s.pool(d.o.Storage)
	if err != nil {
		return m, nil, err
	}
	if err := s.overlay(pool, diskName(id), base, gigabytes(spec.Disk)); err != nil {
		return m, nil, err
	}
	n := note{
		Mark: berth.Mark(d.o.Installation, order), Plan: spec.PlanID, Location: spec.Location, Image: spec.ImageID,
		Disk: spec.Disk, Address: spec.CIDR, Gateway: spec.Gateway, MAC: spec.MAC, Changed: order,
	}
	// The salt follows from the UUID: two calls at the same time write the same bytes.
	seed := d.seed(id, spec.Name, n, crypt(spec.Password, saltOf(id)))
	if err := s.replace(pool, seedName(id), seed); err != nil {
		return m, nil, err
	}
	m = machine{id: id, title: spec.Name, cores: spec.Cores, memory: kibibytes(spec.RAM), note: n}
	m, err = d.defineAndStart(s, m, image)
	return m, nil, err
}

// image judges what is asked for before anything is made. why is nil when it can be made.
func (d *Driver) image(spec berth.ServerSpec) (image Image, why error) {
	image, ok := d.o.Images[spec.ImageID]
	switch {
	case spec.Application != 0:
		return image, fmt.Errorf("application %d: this driver installs images only", spec.Application)
	case !ok:
		return image, fmt.Errorf("image %d has no base image in the settings", spec.ImageID)
	case spec.Cores < 1 || spec.Cores > maxCores || spec.RAM < 1 || spec.Disk < 1 || spec.Disk > maxDisk:
		return image, fmt.Errorf("%d cores, %d bytes of memory and %d GB of disk are no server", spec.Cores, spec.RAM, spec.Disk)
	case spec.Password == "":
		return image, errors.New("the password is missing")
	}
	return image, nil
}

// address judges the address that a server is to have: this driver has none of its own to give.
func address(spec berth.ServerSpec) (why error) {
	if spec.CIDR == "" {
		return errors.New("the order has no address; the provider's setting 'pool' names the pool to take them from")
	}
	_, errCIDR := netip.ParsePrefix(spec.CIDR)
	_, errGateway := netip.ParseAddr(spec.Gateway)
	mac, errMAC := net.ParseMAC(spec.MAC)
	if errCIDR != nil || errGateway != nil || errMAC != nil || len(mac) != 6 {
		return fmt.Errorf("%q with the gateway %q and the MAC address %q is no address of a server", spec.CIDR, spec.Gateway, spec.MAC)
	}
	return nil
}

// Find tells what Create made for an order. Both answers are certain: libvirt knows its domains, and there is only one
// UUID to ask for. A server that was never started is Absent, since it's Create that completes it, or removes it.
func (d *Driver) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	return d.change(ctx, func(s *session) (berth.Outcome, error) {
		m, ok, err := s.machine(d.uuid(ref.Order))
		switch {
		case err != nil:
			return berth.Outcome{}, err
		case !ok, m.note.Created == 0 && !m.running:
			return berth.Outcome{Verdict: berth.Absent}, nil
		case m.note.Created == 0:
			return s.made(m) // the call that started it died before it could note it
		}
		return m.done(), nil
	})
}

// Describe reads any domain of the node by its UUID.
func (d *Driver) Describe(ctx context.Context, providerRef string) berth.Outcome {
	_, out := d.Inspect(ctx, providerRef)
	return out
}

// Resize gives a server other figures: the disk grows at once, cores and memory come with a restart, which a running
// server gets. A disk is never made smaller.
func (d *Driver) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if ref.Order < m.note.Changed {
			return m.done(), nil // order ids sort by time: a later order has changed it since
		}
		if spec.Cores < 1 || spec.Cores > maxCores || spec.RAM < 1 || spec.Disk > maxDisk {
			return refused(fmt.Errorf("%d cores, %d bytes of memory and %d GB of disk are no server", spec.Cores, spec.RAM, spec.Disk)), nil
		}
		vol, capacity, err := s.disk(m)
		if err != nil {
			return berth.Outcome{}, err
		}
		if gigabytes(spec.Disk) < capacity {
			return refused(fmt.Errorf("the disk has %d bytes; it can't be made smaller than that, to %d GB", capacity, spec.Disk)), nil
		}
		// First what a later order must be able to tell from: from here on, no earlier one changes anything.
		m.note.Changed, m.note.Plan, m.note.Disk = ref.Order, spec.PlanID, spec.Disk
		if err := s.setNote(m); err != nil {
			return berth.Outcome{}, err
		}
		if err := s.grow(m, vol, capacity, gigabytes(spec.Disk)); err != nil {
			return berth.Outcome{}, err
		}
		if err := s.setFigures(m, spec.Cores, kibibytes(spec.RAM)); err != nil {
			return berth.Outcome{}, err
		}
		return m.done(), d.takeFigures(s, m)
	})
}

// takeFigures restarts a server that runs with other figures than its domain has.
func (d *Driver) takeFigures(s *session, m machine) error {
	if !m.running {
		return nil
	}
	live, err := s.read(m.dom, 0)
	if err != nil {
		return err
	}
	wanted, err := s.read(m.dom, lv.DomainXMLInactive)
	if err != nil || live.VCPU.Value == wanted.VCPU.Value && live.Memory.Value == wanted.Memory.Value {
		return err
	}
	if err := d.stop(s, m); err != nil {
		return err
	}
	return s.start(m.dom)
}

func refused(why error) berth.Outcome {
	return berth.Outcome{Verdict: berth.Refused, Reason: why}
}
