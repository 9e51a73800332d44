// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import io.iovtee.vswitch.linux.FileAbi.Flags;
import java.nio.file.Path;

/**
 * Network namespaces. Entering one changes the calling thread only: sockets, interface names and
 * BPF links that it makes afterwards belong to that namespace, and go on belonging to it in every
 * thread. Use a platform thread of its own and let it end.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/network_namespaces.7.html">
 *     network_namespaces(7)</a>
 */
public final class Namespace {
  private static final Path NAMED = Path.of("/run/netns");

  private Namespace() {}

  /**
   * Moves the calling thread into a network namespace.
   *
   * @param name as {@code ip netns} shows it, or an absolute path such as {@code /proc/123/ns/net}
   * @throws ErrnoException ENOENT when there is none, EPERM without CAP_SYS_ADMIN
   */
  public static void enter(String name) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread cannot enter a namespace: netns=" + name);
    }
    try (Fd fd = Fd.open(name.startsWith("/") ? Path.of(name) : NAMED.resolve(name), false)) {
      int result = ProcessCalls.setns(fd.number(), Flags.CLONE_NEWNET);
      Native.check("setns", result, "netns=" + name + "; it needs CAP_SYS_ADMIN");
    }
  }
}
