// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What guests boot: Debian's kernel for clouds, which {@code ./test} unpacks below target/ and
 * never installs, and an initramfs that is made here: busybox, the kernel's virtio-net driver, and
 * a first program that runs what comes in on the serial console, line by line.
 */
final class GuestImage {
  private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  /** Loaded twice: which one needs which other differs from one kernel to the next. */
  private static final List<String> MODULES =
      List.of(
          "drivers/virtio/virtio",
          "drivers/virtio/virtio_ring",
          "drivers/virtio/virtio_pci_modern_dev",
          "drivers/virtio/virtio_pci_legacy_dev",
          "drivers/virtio/virtio_pci",
          "net/core/failover",
          "drivers/net/net_failover",
          "drivers/net/virtio_net");

  /** Answers each line with what it wrote and {@code #done STATUS}; see {@link QemuGuest#run}. */
  private static final String INIT =
      """
      #!/bin/busybox sh
      /bin/busybox --install -s /bin
      mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
      dmesg -n 1
      for m in MODULES MODULES; do insmod /$m.ko 2>/dev/null; done
      [ -e /sys/class/net/eth0 ] || { dmesg | tail -n 20; poweroff -f; }
      ip link set lo up; ip link set eth0 up
      ip address add $(sed 's/.*guest.ip=//; s/ .*//' /proc/cmdline)/24 dev eth0
      stty -echo
      echo '#ready'
      while read -r line; do eval "$line" 2>&1; echo "#done $?"; done
      """;

  private static final int DIRECTORY = 0040755;
  private static final int PROGRAM = 0100755;

  private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
  private int files;

  private GuestImage() {}

  /** Null, or what is missing and the command that mends it. */
  static @Nullable String missing() {
    if (!Files.isExecutable(QEMU)) {
      return "QEMU is not installed; install it with:"
          + " apt-get install --no-install-recommends qemu-system-x86";
    }
    if (!Files.isExecutable(BUSYBOX)) {
      return "busybox is not installed; install it with: apt-get install busybox-static";
    }
    return Files.exists(directory().resolve("ready"))
        ? null
        : "no kernel for guests in " + directory() + "; ./test --it, as root, unpacks one there";
  }

  private static Path directory() {
    return Path.of(System.getProperty("iovtee.root", ".."), "target", "guest-kernel");
  }

  /** The kernel to boot. */
  static Path kernel() {
    return only(directory().resolve("boot"), "vmlinuz-");
  }

  private static Path only(Path parent, String prefix) {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + prefix + "* in " + parent));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the initramfs. */
  static Path writeInitramfs(Path directory) throws IOException {
    GuestImage image = new GuestImage();
    Path modules = only(directory().resolve("lib/modules"), "").resolve("kernel");
    StringBuilder names = new StringBuilder();
    for (String name : List.of("bin", "proc", "sys", "dev", "tmp")) {
      image.add(name, DIRECTORY, new byte[0]);
    }
    for (String module : MODULES) {
      String name = module.substring(module.lastIndexOf('/') + 1);
      image.add(name + ".ko", PROGRAM, Files.readAllBytes(modules.resolve(module + ".ko")));
      names.append(name).append(' ');
    }
    image.add("bin/busybox", PROGRAM, Files.readAllBytes(BUSYBOX));
    String init = INIT.replace("MODULES", names.toString().strip());
    image.add("init", PROGRAM, init.getBytes(StandardCharsets.UTF_8));
    image.add("TRAILER!!!", 0, new byte[0]);
    return Files.write(directory.resolve("initramfs"), image.archive.toByteArray());
  }

  /** One entry of a cpio archive in the form {@code newc} (cpio(5)). */
  private void add(String name, int mode, byte[] content) {
    StringBuilder header = new StringBuilder("070701");
    int[] fields = {++files, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
    for (int field : fields) {
      header.append("%08X".formatted(field));
    }
    archive.writeBytes(
        header.append(name).append('\0').toString().getBytes(StandardCharsets.UTF_8));
    pad();
    archive.writeBytes(content);
    pad();
  }

  private void pad() {
    while (archive.size() % 4 != 0) {
      archive.write(0);
    }
  }
}
