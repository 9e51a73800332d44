// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.qemu;

import io.iovtee.bench.peer.PeerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A virtual machine with one virtio-net device behind vhost-user, and Linux's driver in it. The
 * processor is emulated: that works on every machine, and is fast enough.
 */
final class QemuGuest implements AutoCloseable {
  /** Booting takes some five seconds. */
  private static final long BOOT_TIMEOUT_MS = 120_000;

  private static final long COMMAND_TIMEOUT_MS = 120_000;

  private static final Pattern READY = Pattern.compile("#ready\r?\n");
  private static final Pattern DONE = Pattern.compile("#done (\\d+)\r?\n");

  private final PeerProcess process;

  private QemuGuest(PeerProcess process) {
    this.process = process;
  }

  /**
   * Starts a machine; {@link #awaitBoot} waits for it.
   *
   * @param address IPv4 address of its eth0, in a network of 24 bits
   * @param chardev where its vhost-user connection is, as QEMU's option {@code -chardev socket}
   *     takes it: {@code path=/tmp/nf.sock,reconnect=1}
   * @param device more properties of its virtio-net device, each with a comma before it
   */
  static QemuGuest start(
      String name, Path initramfs, String address, String chardev, String device) {
    List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg"));
    command.addAll(List.of("-cpu", "max", "-M", "q35,memory-backend=memory", "-m", "128M"));
    command.addAll(List.of("-object", "memory-backend-memfd,id=memory,size=128M,share=on"));
    command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
    command.addAll(List.of("-serial", "stdio", "-chardev", "socket,id=nf," + chardev));
    command.addAll(List.of("-netdev", "vhost-user,id=net,chardev=nf"));
    String last = address.substring(address.lastIndexOf('.') + 1);
    // QEMU 7.2 fails with MSI-X, vhost-user and an emulated processor together: no vectors.
    command.addAll(
        List.of(
            "-device",
            "virtio-net-pci,netdev=net,vectors=0,mac=52:54:00:00:00:%02x%s"
                .formatted(Integer.parseInt(last), device)));
    command.addAll(List.of("-kernel", GuestImage.kernel().toString()));
    command.addAll(List.of("-initrd", initramfs.toString()));
    command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1 guest.ip=" + address + " "));
    return new QemuGuest(PeerProcess.start("guest " + name, command));
  }

  /** Waits until the guest takes commands. */
  QemuGuest awaitBoot() {
    process.await(0, READY, BOOT_TIMEOUT_MS, "to boot");
    return this;
  }

  /**
   * Runs a line in the guest's shell.
   *
   * @return what it wrote
   * @throws AssertionError if it ends with another status than 0
   */
  String run(String line) {
    long position = process.position();
    process.send(line);
    String text = process.await(position, DONE, COMMAND_TIMEOUT_MS, line);
    Matcher done = DONE.matcher(text);
    if (!done.find() || !done.group(1).equals("0")) {
      throw new AssertionError(process.name() + ": " + line + ": " + text);
    }
    return text.substring(0, done.start()).replace("\r", "").strip();
  }

  /** Restarts the machine, as its kernel does it at once: the device is reset. */
  void reboot() {
    long position = process.position();
    process.send("reboot -f");
    process.await(position, READY, BOOT_TIMEOUT_MS, "to boot again");
  }

  PeerProcess process() {
    return process;
  }

  /** SIGKILL. */
  @Override
  public void close() {
    process.close();
  }
}
