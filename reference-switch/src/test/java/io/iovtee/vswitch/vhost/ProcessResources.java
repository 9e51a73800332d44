// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.EventFd;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What this process holds of things that a front-end can make it hold: sockets, event counters,
 * memory files, and mappings of memory files.
 */
record ProcessResources(List<String> descriptors, List<String> mappings) {
  static ProcessResources now() {
    // Counted as being there from the start, whichever test happens to be the first.
    FakeGuestPort.POOL.fd();
    EventFd.canSignalHostilePeers();
    return new ProcessResources(descriptorsNow(), mappingsNow());
  }

  private static List<String> descriptorsNow() {
    List<String> list = new ArrayList<>();
    String[] numbers = new File("/proc/self/fd").list();
    for (String number : numbers == null ? new String[0] : numbers) {
      String target = targetOf(number);
      if (target.startsWith("socket:")
          || target.startsWith("pipe:")
          || target.contains("eventfd")
          || target.contains("memfd")
          || target.contains("/dev/zero")) {
        list.add(target.replaceAll("\\[\\d+\\]", "[]"));
      }
    }
    list.sort(null);
    return list;
  }

  private static String targetOf(String number) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd", number)).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static List<String> mappingsNow() {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.contains("memfd:"))
          .map(line -> line.substring(line.indexOf("/memfd")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Fails when the process holds anything now that it did not hold then. */
  void assertNothingLeaked() {
    ProcessResources after = now();
    assertThat(after.descriptors).isEqualTo(descriptors);
    assertThat(after.mappings).isEqualTo(mappings);
  }
}
