// Command dump writes every Protobuf file that the Envoy packages of imports.go register as one FileDescriptorSet to standard output.
//
// Same packages, same bytes: files come in dependency order, ties by path, and options are marshalled deterministically. Options that are
// extensions (validate.rules and the like) are part of a file's descriptor, so they survive; source info never was in the Go packages.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "dump:", err)
		os.Exit(1)
	}
}

func run() error {
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(descriptorSet(registeredFiles()))
	if err != nil {
		return fmt.Errorf("marshal the descriptor set: %w", err)
	}
	out := bufio.NewWriter(os.Stdout)
	if _, err := out.Write(bytes); err != nil {
		return err
	}
	return out.Flush()
}

func registeredFiles() []protoreflect.FileDescriptor {
	var files []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		files = append(files, file)
		return true
	})
	slices.SortFunc(files, func(a, b protoreflect.FileDescriptor) int { return cmp.Compare(a.Path(), b.Path()) })
	return files
}

// descriptorSet puts every file behind the files it imports, as readers of a FileDescriptorSet expect.
func descriptorSet(files []protoreflect.FileDescriptor) *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var add func(file protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		imports := file.Imports()
		for i := range imports.Len() {
			// A placeholder stands for an import that no package registered; the generator would fail on it, so let it be seen there.
			if dependency := imports.Get(i).FileDescriptor; !dependency.IsPlaceholder() {
				add(dependency)
			}
		}
		descriptor := protodesc.ToFileDescriptorProto(file)
		descriptor.SourceCodeInfo = nil
		set.File = append(set.File, descriptor)
	}
	for _, file := range files {
		add(file)
	}
	return set
}
