// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.MirrorInfo;
import io.iovtee.flow.PortName;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.datapath.MirrorCounts;
import io.iovtee.vswitch.datapath.MirrorTable;
import io.iovtee.vswitch.datapath.OwnerIds;
import io.iovtee.vswitch.datapath.PollLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The switch's mirrors. Each has a number as long as it lives, under which loops count its copies;
 * who gets a number again starts from what was counted by then. Control thread.
 */
final class Mirrors {
  private static final int[] EVERY_PORT = IntStream.rangeClosed(1, OwnerIds.PORTS_MAX).toArray();

  private final PortNumbers numbers;
  private final List<PollLoop> loops;

  /** By number; null where there is none. */
  private final @Nullable Mirror[] mirrors = new Mirror[MirrorTable.MIRRORS_MAX];

  private record Mirror(String name, MirrorConfig config, String output, MirrorCounts before) {}

  Mirrors(PortNumbers numbers, List<PollLoop> loops) {
    this.numbers = numbers;
    this.loops = loops;
  }

  /**
   * Whether a mirror can be added.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or value that is wrong
   * @throws IllegalStateException if it exists, or there are too many
   */
  MirrorConfig check(String name, Section keys) {
    try {
      PortName.check(name);
    } catch (IllegalArgumentException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
    MirrorConfig config = MirrorConfig.of(keys);
    for (String port : config.names()) {
      if (numbers.lookup(port) < 0) {
        throw keys.error("", "no such port: port=" + port);
      }
    }
    if (find(name) >= 0) {
      throw new IllegalStateException("mirror " + name + " exists already");
    }
    if (freeNumber() == mirrors.length) {
      throw new IllegalStateException(
          "a switch has at most %d mirrors: %s is one too many".formatted(mirrors.length, name));
    }
    return config;
  }

  /** Adds a mirror that was checked, and whose output exists. */
  void add(String name, MirrorConfig config) {
    int number = freeNumber();
    String output = config.output().isEmpty() ? name : config.output();
    mirrors[number] = new Mirror(name, config, output, counts(number));
    bringIntoForce();
  }

  /** Removes a mirror; returns what it was, null if there is none. */
  @Nullable MirrorConfig remove(String name) {
    int number = find(name);
    Mirror removed = number < 0 ? null : mirrors[number];
    if (removed == null) {
      return null;
    }
    mirrors[number] = null;
    bringIntoForce();
    return removed.config;
  }

  private int find(String name) {
    for (int number = 0; number < mirrors.length; number++) {
      Mirror mirror = mirrors[number];
      if (mirror != null && mirror.name.equals(name)) {
        return number;
      }
    }
    return -1;
  }

  private int freeNumber() {
    int number = 0;
    while (number < mirrors.length && mirrors[number] != null) {
      number++;
    }
    return number;
  }

  private void bringIntoForce() {
    List<MirrorTable.Mirror> rows = new ArrayList<>();
    int used = 0;
    for (Mirror mirror : mirrors) {
      rows.add(row(mirror));
      used = mirror == null ? used : rows.size();
    }
    MirrorTable table = new MirrorTable(rows.subList(0, used));
    List<CompletableFuture<Void>> acknowledged = new ArrayList<>();
    loops.forEach(loop -> acknowledged.add(loop.execute(() -> loop.setMirrors(table))));
    acknowledged.forEach(CompletableFuture::join);
  }

  private MirrorTable.Mirror row(@Nullable Mirror mirror) {
    if (mirror == null) {
      return new MirrorTable.Mirror(new int[0], new int[0], 0);
    }
    boolean all = mirror.config.all();
    return new MirrorTable.Mirror(
        all ? EVERY_PORT : numbers(mirror.config.srcPorts()),
        all ? EVERY_PORT : numbers(mirror.config.dstPorts()),
        numbers.lookup(mirror.output));
  }

  private int[] numbers(List<String> ports) {
    return ports.stream().mapToInt(numbers::lookup).toArray();
  }

  private MirrorCounts counts(int number) {
    return loops.stream()
        .map(loop -> loop.mirrored(number))
        .reduce(MirrorCounts.ZERO, MirrorCounts::plus);
  }

  /** What rules copy, and behind it all mirrors. */
  List<MirrorInfo> list() {
    List<MirrorInfo> list = new ArrayList<>();
    MirrorCounts byRules = counts(MirrorTable.MIRRORS_MAX);
    list.add(info("", false, List.of(), List.of(), "", byRules));
    for (int number = 0; number < mirrors.length; number++) {
      Mirror mirror = mirrors[number];
      if (mirror != null) {
        MirrorConfig config = mirror.config;
        list.add(
            info(
                mirror.name,
                config.all(),
                config.srcPorts(),
                config.dstPorts(),
                mirror.output,
                counts(number).minus(mirror.before)));
      }
    }
    return list;
  }

  private static MirrorInfo info(
      String name,
      boolean all,
      List<String> srcPorts,
      List<String> dstPorts,
      String output,
      MirrorCounts counts) {
    return new MirrorInfo(
        name, all, srcPorts, dstPorts, output, counts.frames(), counts.bytes(), counts.lost());
  }
}
