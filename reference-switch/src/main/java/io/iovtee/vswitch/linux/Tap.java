// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.NetAbi.Ifreq;
import io.iovtee.vswitch.linux.NetAbi.Net;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Tap interfaces: each read or write of the descriptor is one Ethernet frame.
 *
 * @see <a href="https://docs.kernel.org/networking/tuntap.html">tuntap</a>
 */
public final class Tap {
  private Tap() {}

  /**
   * Makes a tap interface, or takes over a persistent one, in the calling thread's network
   * namespace. It is gone when the descriptor is closed.
   *
   * @param name of the interface; {@code "tap%d"} lets the kernel count
   * @return the non-blocking descriptor, one frame per read and write
   * @throws ErrnoException EPERM without CAP_NET_ADMIN, EBUSY when someone else has it
   */
  public static Fd open(String name) {
    Fd fd = Fd.open(Path.of("/dev/net/tun"), true);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(Ifreq.SIZEOF, 8);
      if (name.length() > NetDevice.NAME_LENGTH_MAX) {
        throw new IllegalArgumentException(
            "interface name must have at most " + NetDevice.NAME_LENGTH_MAX + " bytes: " + name);
      }
      request.setString(Ifreq.NAME, name);
      request.set(JAVA_SHORT, Ifreq.FLAGS, (short) (Net.IFF_TAP | Net.IFF_NO_PI));
      int result = FileCalls.ioctl(fd.number(), Net.TUNSETIFF, request);
      Native.check("ioctl(TUNSETIFF)", result, "interface=" + name + "; it needs CAP_NET_ADMIN");
      fd.setNonBlocking(true);
      return fd;
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }
}
