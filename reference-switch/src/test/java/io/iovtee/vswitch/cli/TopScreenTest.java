// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What {@code iovtee top} makes of two answers of a switch. */
final class TopScreenTest {
  private static final String PORTS =
      """
      {"ports":[{"name":"up","type":"soft","link_up":true,"emulated":true},
      {"name":"nf1","type":"vhost-user","link_up":false,"emulated":false}]}
      """;
  private static final String MAPPINGS =
      """
      {"mappings":[{"queue":"up/0","port":"nf1","queue_pair":0,"mode":"auto","state":"active",
      "reason":"lending","detail":""}]}
      """;

  /** One NIC queue, the guest's port, one loop. */
  private static TopReading at(int second, long frames, long noRule, long busyNs) {
    return reading(second, frames, noRule, busyNs, PORTS);
  }

  private static TopReading reading(
      int second, long frames, long noRule, long busyNs, String ports) {
    String stats =
        """
        {"switch":{"name":"s1","version":"0.1"},"time":"2026-11-24T00:00:%02dZ",
        "inputs":[{"port":"up","queue":0,"side":"nic","frames":%d,"bytes":%d,
        "outcomes":{"written_through":%d,"dropped":%d},
        "drop_reasons":{"no_rule":%d,"port_down":1}}],
        "outputs":[{"port":"nf1","frames":%d,"bytes":%d,"dropped":0}],
        "loops":[{"name":"loop0","cpu":2,"duty_cycles":%d,"busy_ns":%d,"emulation_ns":0,
        "idle_ns":%d,"wait_ns":0,"cache_hits":%d,"cache_misses":0,"unparsed_frames":0}]}
        """
            .formatted(
                second,
                frames,
                frames * 125,
                frames / 2,
                noRule + 1,
                noRule,
                frames,
                frames * 125,
                frames,
                busyNs,
                second * 1_000_000_000L - busyNs,
                frames);
    return TopReading.of(stats, ports, MAPPINGS);
  }

  private static List<String> lines(TopReading before, TopReading now, TopOrder order) {
    return TopScreen.lines(TopRates.between(before, now), order);
  }

  private static String line(List<String> lines, String begin) {
    return lines.stream().filter(line -> line.startsWith(begin)).findFirst().orElseThrow();
  }

  @Test
  void ratesAreDifferencesByTheSwitchesClock() {
    List<String> lines =
        lines(
            at(10, 1_000_000, 10, 1_000_000_000),
            at(12, 5_000_000, 30, 2_000_000_000),
            TopOrder.port);
    assertThat(lines.getFirst())
        .isEqualTo("s1 0.1  2026-11-24T00:00:12Z  2 ports, 1 loops, 1 mappings");
    assertThat(line(lines, "up "))
        .matches(
            "up +up +2\\.000 +2\\.000 +50 +0\\.000 +0\\.000 +10 +no_rule +soft \\(emulated\\)");
    assertThat(line(lines, "nf1 "))
        .matches("nf1 +down +0\\.000 +0\\.000 +0 +2\\.000 +2\\.000 +0 +- +vhost-user");
    assertThat(line(lines, "loop0")).matches("loop0 +2 +50\\.0 +0\\.0 +0\\.0 +2\\.000 +250\\.0");
    assertThat(line(lines, "up/0")).matches("up/0 +nf1/0 +auto +active +lending");
  }

  @Test
  void columnsStandBelowTheirHeadings() {
    List<String> lines = lines(at(10, 0, 0, 0), at(11, 3_000_000, 0, 0), TopOrder.port);
    String head = line(lines, "PORT");
    String row = line(lines, "up ");
    int end = head.indexOf("IN MPPS") + "IN MPPS".length();
    assertThat(row.substring(0, end)).endsWith(" 3.000");
    assertThat(row.indexOf("soft")).isEqualTo(head.indexOf("TYPE"));
  }

  @Test
  void nothingIsKnownAtTheFirstReadingAndAfterARestart() {
    for (TopReading before : new TopReading[] {null, at(10, 5_000_000, 7, 9_000_000_000L)}) {
      List<String> lines =
          TopScreen.lines(TopRates.between(before, at(12, 1_000, 0, 1_000)), TopOrder.port);
      assertThat(line(lines, "up ")).matches("up +up( +-){7} +soft .*");
      assertThat(line(lines, "loop0")).matches("loop0 +2( +-){5}");
    }
  }

  @Test
  void aPortThatBeganAnewIsUnknownAndTheOthersAreNot() {
    TopReading before = at(10, 1_000_000, 50, 0);
    TopReading now = at(11, 2_000_000, 10, 1_000);
    List<String> lines = lines(before, now, TopOrder.port);
    assertThat(line(lines, "up ")).as("its drops went back").matches("up +up( +-){7} +soft .*");
    assertThat(line(lines, "nf1 ")).contains("1.000");
  }

  @Test
  void timeThatStandsOrGoesBackGivesNoRate() {
    for (int second : new int[] {10, 9}) {
      List<String> lines = lines(at(10, 1, 0, 0), at(second, 2, 0, 0), TopOrder.port);
      assertThat(line(lines, "up ")).matches("up +up( +-){7} +soft .*");
    }
  }

  @Test
  void portsComeAndGoBetweenReadings() {
    String one = "{\"ports\":[{\"name\":\"up\",\"type\":\"soft\",\"link_up\":true}]}";
    TopReading less = reading(11, 2_000_000, 0, 0, one);
    assertThat(lines(at(10, 1_000_000, 0, 0), less, TopOrder.out))
        .noneMatch(line -> line.startsWith("nf1 "));
    List<String> more = lines(less, at(12, 3_000_000, 0, 0), TopOrder.port);
    assertThat(line(more, "nf1 ")).matches("nf1 +down( +-){7} +vhost-user");
    assertThat(line(more, "up ")).contains("1.000");
  }

  @Test
  void theMostComesFirst() {
    TopReading before = at(10, 1_000_000, 0, 0);
    TopReading now = at(11, 2_000_000, 9, 0);
    for (TopOrder order : TopOrder.values()) {
      List<String> names =
          lines(before, now, order).stream()
              .filter(line -> line.matches("(up|nf1) .*"))
              .map(line -> line.split(" ")[0])
              .toList();
      assertThat(names)
          .as("%s", order)
          .isEqualTo(order == TopOrder.out ? List.of("nf1", "up") : List.of("up", "nf1"));
    }
  }

  @Test
  void narrowAndLowTerminalsGetWhatTheyHaveRoomFor() {
    List<String> lines = lines(at(10, 0, 0, 0), at(11, 1, 0, 0), TopOrder.port);
    for (int columns : new int[] {1, 20, 79, 500}) {
      assertThat(TopScreen.cut(lines, columns, 100))
          .hasSameSizeAs(lines)
          .allMatch(line -> line.length() <= columns);
    }
    assertThat(TopScreen.cut(lines, 200, 100)).isEqualTo(lines);
    assertThat(TopScreen.cut(lines, 80, 5)).hasSize(5).last().asString().contains("7 more lines");
    assertThat(TopScreen.cut(lines, 80, 1)).hasSize(1);
  }

  @Test
  void namesCanNotMoveTheCursor() {
    TopReading hostile =
        reading(11, 1, 0, 0, "{\"ports\":[{\"name\":\"up\",\"type\":\"\\u001b[2Jx\\n\"}]}");
    assertThat(lines(at(10, 0, 0, 0), hostile, TopOrder.port))
        .allMatch(line -> line.chars().noneMatch(Character::isISOControl));
    assertThat(TopScreen.redraw(List.of("a", "b")))
        .isEqualTo("\u001b[Ha\u001b[K\r\nb\u001b[K\u001b[J");
    assertThat(TopScreen.stale(List.of("a", "", "b"), Optional.of("gone\n")))
        .containsExactly("a", "OLD: gone?", "b");
  }

  @Test
  void whatIsNoAnswerIsSaid() {
    for (String text : new String[] {"", "[]", "{", "<html>", "{\"time\": 7}"}) {
      assertThatThrownBy(() -> TopReading.of(text, PORTS, MAPPINGS))
          .as(text)
          .isInstanceOf(CommandException.class);
    }
  }
}
