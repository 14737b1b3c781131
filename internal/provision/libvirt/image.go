package libvirt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// ParseImage reads an image as the settings have it: the path of the base image, and for images without a boot loader
// more parts behind semicolons, such as
//
//	/images/tiny.qcow2;kernel=/images/vmlinuz;initrd=/images/initrd;cmdline=console=ttyS0 quiet
//
// Errors tell which part is wrong.
func ParseImage(text string) (Image, error) {
	parts := strings.Split(text, ";")
	image := Image{Path: parts[0]}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "kernel":
			image.Kernel = value
		case "initrd":
			image.Initrd = value
		case "cmdline":
			image.Cmdline = value
		default:
			return Image{}, fmt.Errorf("an image has a kernel, an initrd and a cmdline beside its path, and no %q", name)
		}
	}
	for _, path := range []string{image.Path, image.Kernel, image.Initrd} {
		if path != "" && !filepath.IsAbs(path) || image.Path == "" {
			return Image{}, fmt.Errorf("%q must be an absolute path on the node", path)
		}
	}
	if image.Kernel == "" && image.Initrd+image.Cmdline != "" {
		return Image{}, errors.New("an initrd or a cmdline needs a kernel")
	}
	return image, nil
}

// Ready reports what keeps this node from making servers: nil when libvirt answers, the storage folder is there, and
// so is every base image. It may give libvirt storage pools for these folders, and makes nothing else.
func (d *Driver) Ready(ctx context.Context) error {
	return d.with(ctx, func(s *session) error {
		if _, err := s.pool(d.o.Storage); err != nil {
			return err
		}
		var missing []error
		for _, id := range slices.Sorted(maps.Keys(d.o.Images)) {
			_, why, err := s.base(d.o.Images[id], maxDisk)
			if err != nil {
				return fmt.Errorf("image %d: %w", id, err)
			}
			if why != nil {
				missing = append(missing, fmt.Errorf("image %d: %w", id, why))
			}
		}
		return errors.Join(missing...)
	})
}
