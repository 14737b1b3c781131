package libvirt

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"path/filepath"

	lv "github.com/digitalocean/go-libvirt"
)

func diskName(id lv.UUID) string { return formatUUID(id) + ".qcow2" }
func seedName(id lv.UUID) string { return formatUUID(id) + "-seed.iso" }

// pool is the storage pool of a folder. An operator may have one there; otherwise libvirt is given one that lasts as
// long as its daemon, so that no setting of the node is ours.
func (s *session) pool(folder string) (lv.StoragePool, error) {
	folder = filepath.Clean(folder)
	pool, err := s.l.StoragePoolLookupByTargetPath(folder)
	if !is(err, lv.ErrNoStoragePool) {
		return pool, err
	}
	var x struct {
		XMLName xml.Name `xml:"pool"`
		Type    string   `xml:"type,attr"`
		Name    string   `xml:"name"`
		Path    string   `xml:"target>path"`
	}
	x.Type, x.Name, x.Path = "dir", fmt.Sprintf("berth-%x", sha256.Sum256([]byte(folder)))[:18], folder
	text, err := xml.Marshal(x)
	if err != nil {
		return pool, err
	}
	pool, err = s.l.StoragePoolCreateXML(string(text), 0)
	if err != nil {
		// Another call may have been faster.
		if there, again := s.l.StoragePoolLookupByTargetPath(folder); again == nil {
			return there, nil
		}
		return pool, fmt.Errorf("make a storage pool of the folder %s: %w", folder, err)
	}
	return pool, nil
}

// volume finds a volume by its name; false when there's none.
func (s *session) volume(pool lv.StoragePool, name string) (vol lv.StorageVol, ok bool, err error) {
	vol, err = s.l.StorageVolLookupByName(pool, name)
	if is(err, lv.ErrNoStorageVol) {
		return vol, false, nil
	}
	return vol, err == nil, err
}

// looked is volume after a look into the folder when the pool doesn't know the file: an operator copies base images
// there. It isn't the usual way, since a pool can't look while it is at work for somebody else.
func (s *session) looked(pool lv.StoragePool, name string) (vol lv.StorageVol, ok bool, err error) {
	vol, ok, err = s.volume(pool, name)
	if ok || err != nil {
		return vol, ok, err
	}
	if err := s.l.StoragePoolRefresh(pool, 0); err != nil {
		return vol, false, err
	}
	return s.volume(pool, name)
}

type volumeXML struct {
	XMLName  xml.Name `xml:"volume"`
	Name     string   `xml:"name"`
	Capacity struct {
		Unit  string `xml:"unit,attr"`
		Value uint64 `xml:",chardata"`
	} `xml:"capacity"`
	Path    string   `xml:"target>path,omitempty"`
	Format  format   `xml:"target>format"`
	Backing *backing `xml:"backingStore"`
}

type format struct {
	Type string `xml:"type,attr"`
}

type backing struct {
	Path   string `xml:"path"`
	Format format `xml:"format"`
}

// base reads a base image. why tells that the order can't be had with it.
func (s *session) base(image Image, diskGB int64) (b backing, why, err error) {
	pool, err := s.pool(filepath.Dir(image.Path))
	if err != nil {
		return b, nil, err
	}
	vol, ok, err := s.looked(pool, filepath.Base(image.Path))
	if err != nil {
		return b, nil, err
	}
	if !ok {
		return b, fmt.Errorf("the base image %s isn't on the node", image.Path), nil
	}
	text, err := s.l.StorageVolGetXMLDesc(vol, 0)
	if err != nil {
		return b, nil, err
	}
	var x volumeXML
	if err := xml.Unmarshal([]byte(text), &x); err != nil {
		return b, nil, fmt.Errorf("read a volume's XML: %w", err)
	}
	if x.Capacity.Value > gigabytes(diskGB) {
		return b, fmt.Errorf("the base image %s has %d bytes, which is more than a disk of %d GB", image.Path, x.Capacity.Value, diskGB), nil
	}
	return backing{Path: x.Path, Format: x.Format}, nil, nil
}

// overlay makes a server's disk on a base image. One that is there already is kept, unless it is no whole disk of
// that size: then the call that began it has died.
func (s *session) overlay(pool lv.StoragePool, name string, base backing, size uint64) error {
	x := volumeXML{Name: name, Format: format{"qcow2"}, Backing: &base}
	x.Capacity.Unit, x.Capacity.Value = "bytes", size
	find := s.volume
	for range 2 {
		vol, ok, err := find(pool, name)
		if err != nil {
			return err
		}
		if ok {
			_, capacity, _, err := s.l.StorageVolGetInfo(vol)
			if err == nil && capacity == size {
				return nil
			}
			if err := s.discard(pool, name); err != nil {
				return err
			}
		}
		// The second number is that of a file which is there without the pool's knowledge, among other things.
		if err = s.createVolume(pool, x); !is(err, lv.ErrStorageVolExist, lv.ErrOperationFailed) {
			return err
		}
		find = s.looked
	}
	return fmt.Errorf("the disk %s comes and goes; another call is working on it", name)
}

func (s *session) createVolume(pool lv.StoragePool, x volumeXML) error {
	text, err := xml.Marshal(x)
	if err != nil {
		return err
	}
	if _, err := s.l.StorageVolCreateXML(pool, string(text), 0); err != nil {
		return fmt.Errorf("make the volume %s: %w", x.Name, err)
	}
	return nil
}

// replace writes a small file into the pool, over what was there.
func (s *session) replace(pool lv.StoragePool, name string, data []byte) error {
	x := volumeXML{Name: name, Format: format{"raw"}}
	x.Capacity.Unit, x.Capacity.Value = "bytes", uint64(len(data))
	vol, ok, err := s.volume(pool, name)
	if err != nil {
		return err
	}
	if ok {
		// A volume that is as long as the data is written over: another call may have begun with the same.
		_, capacity, _, err := s.l.StorageVolGetInfo(vol)
		if err != nil || capacity != x.Capacity.Value {
			ok = false
			if err := s.discard(pool, name); err != nil {
				return err
			}
		}
	}
	if !ok {
		if err := s.createVolume(pool, x); err != nil && !is(err, lv.ErrStorageVolExist) {
			return err
		}
		if vol, err = s.l.StorageVolLookupByName(pool, name); err != nil {
			return err
		}
	}
	return s.upload(vol, data)
}

// upload runs beside, because the client's own end of a stream hangs for ever when the connection is lost before the
// last answer. What hangs then holds a few kilobytes and has nothing left to send with.
func (s *session) upload(vol lv.StorageVol, data []byte) error {
	done := make(chan error, 1)
	go func() {
		done <- s.l.StorageVolUpload(vol, bytes.NewReader(data), 0, uint64(len(data)), 0)
	}()
	err := errLost
	select {
	case err = <-done:
	case <-s.conn.lost: // at the end of the context, too
	}
	if err != nil {
		return fmt.Errorf("write the volume %s: %w", vol.Name, err)
	}
	return nil
}

var errLost = errors.New("the connection was lost")

// discard deletes a volume; one that isn't there is gone.
func (s *session) discard(pool lv.StoragePool, name string) error {
	vol, ok, err := s.volume(pool, name)
	if err != nil || !ok {
		return err
	}
	if err := s.l.StorageVolDelete(vol, 0); err != nil && !is(err, lv.ErrNoStorageVol) {
		return fmt.Errorf("delete the volume %s: %w", name, err)
	}
	return nil
}

// disk finds a server's disk and its size in bytes.
func (s *session) disk(m machine) (vol lv.StorageVol, capacity uint64, err error) {
	if m.disk == "" {
		return vol, 0, errors.New("the domain has no disk in a file")
	}
	if _, err := s.pool(filepath.Dir(m.disk)); err != nil {
		return vol, 0, err
	}
	if vol, err = s.l.StorageVolLookupByPath(m.disk); err != nil {
		return vol, 0, err
	}
	_, capacity, _, err = s.l.StorageVolGetInfo(vol)
	return vol, capacity, err
}

// grow makes a disk larger: by the running guest's own leave, or in its file.
func (s *session) grow(m machine, vol lv.StorageVol, from, to uint64) (err error) {
	switch {
	case from == to:
		return nil
	case m.running:
		err = s.l.DomainBlockResize(m.dom, m.disk, to, lv.DomainBlockResizeBytes)
	default:
		err = s.l.StorageVolResize(vol, to, 0)
	}
	if err != nil {
		return fmt.Errorf("make the disk larger: %w", err)
	}
	return nil
}
