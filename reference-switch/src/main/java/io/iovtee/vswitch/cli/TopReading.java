// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that {@code iovtee top} shows, as it was at one moment.
 *
 * @param title name and version of the switch
 * @param time by the switch's clock
 */
record TopReading(
    String title,
    Instant time,
    Map<String, Port> ports,
    Map<String, Loop> loops,
    List<Mapping> mappings) {

  /**
   * What a port counted.
   *
   * @param kind its type, and whether it is emulated
   * @param writtenThrough of the frames that came in
   * @param drops frames by reason, those that it could not send under {@code output}
   */
  record Port(
      String kind,
      boolean up,
      long inFrames,
      long inBytes,
      long writtenThrough,
      long outFrames,
      long outBytes,
      Map<String, Long> drops) {}

  /**
   * What a loop counted.
   *
   * @param cpu -1 for none
   * @param frames that it classified, or that one rule decided
   */
  record Loop(
      long cpu,
      long cycles,
      long frames,
      long busyNs,
      long emulationNs,
      long idleNs,
      long waitNs) {}

  /** One row of the mappings, as it is shown. */
  record Mapping(String queue, String guest, String mode, String state, String reason) {}

  /** Asks the switch; three requests, the counters last. */
  static TopReading ask(ServerOptions server) {
    String ports = server.get("/api/v1/ports");
    String mappings = server.get("/api/v1/mappings");
    return of(server.get("/api/v1/stats"), ports, mappings);
  }

  /** From what the three resources answered. */
  static TopReading of(String statsText, String portsText, String mappingsText) {
    JsonText stats = JsonText.parse(statsText);
    JsonText about = stats.object("switch");
    return new TopReading(
        about.text("name") + " " + about.text("version"),
        time(stats.text("time")),
        ports(stats, JsonText.parse(portsText)),
        loops(stats),
        mappings(JsonText.parse(mappingsText)));
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new CommandException("the answer has no time: " + text, e);
    }
  }

  private static Map<String, Port> ports(JsonText stats, JsonText ports) {
    Map<String, Port> all = new LinkedHashMap<>();
    for (JsonText port : ports.objects("ports")) {
      String name = port.text("name");
      all.put(name, port(name, port, stats));
    }
    return all;
  }

  private static Port port(String name, JsonText port, JsonText stats) {
    Map<String, Long> drops = new TreeMap<>();
    long frames = 0;
    long bytes = 0;
    long through = 0;
    for (JsonText input : stats.objects("inputs")) {
      if (input.text("port").equals(name)) {
        frames += input.number("frames");
        bytes += input.number("bytes");
        through += input.object("outcomes").number("written_through");
        input
            .object("drop_reasons")
            .numbers()
            .forEach((reason, count) -> drops.merge(reason, count, Long::sum));
      }
    }
    long outFrames = 0;
    long outBytes = 0;
    for (JsonText output : stats.objects("outputs")) {
      if (output.text("port").equals(name)) {
        outFrames += output.number("frames");
        outBytes += output.number("bytes");
        drops.merge("output", output.number("dropped"), Long::sum);
      }
    }
    return new Port(
        port.text("type") + (port.flag("emulated") ? " (emulated)" : ""),
        port.flag("link_up"),
        frames,
        bytes,
        through,
        outFrames,
        outBytes,
        drops);
  }

  private static Map<String, Loop> loops(JsonText stats) {
    Map<String, Loop> loops = new LinkedHashMap<>();
    for (JsonText loop : stats.objects("loops")) {
      loops.put(
          loop.text("name"),
          new Loop(
              loop.number("cpu"),
              loop.number("duty_cycles"),
              loop.number("cache_hits")
                  + loop.number("cache_misses")
                  + loop.number("unparsed_frames"),
              loop.number("busy_ns"),
              loop.number("emulation_ns"),
              loop.number("idle_ns"),
              loop.number("wait_ns")));
    }
    return loops;
  }

  private static List<Mapping> mappings(JsonText mappings) {
    List<Mapping> rows = new ArrayList<>();
    for (JsonText one : mappings.objects("mappings")) {
      String detail = one.text("detail");
      rows.add(
          new Mapping(
              one.text("queue"),
              one.text("port") + "/" + one.number("queue_pair"),
              one.text("mode"),
              one.text("state"),
              one.text("reason") + (detail.isEmpty() ? "" : ": " + detail)));
    }
    return rows;
  }
}
