// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a member tells the others of itself, once a second and when its rules change. As bytes it is
 * lines of {@code key value}; keys that are not known are passed over, so that members of different
 * versions understand each other.
 *
 * @param http where its HTTP API listens
 * @param version of its plugin
 * @param startedMs milliseconds since 1970, by its own clock
 * @param switched what its data path does
 * @param stored {@link DesiredRules#id} of the rules that it keeps
 * @param applied what of them its table has
 * @param problem what is wrong with it as a member; empty if nothing
 */
public record MemberStatus(
    String http,
    String version,
    long startedMs,
    Switched switched,
    String stored,
    Applied applied,
    String problem) {

  /** Longest form that is read. */
  static final int LENGTH_MAX = 64 << 10;

  /** Rules that are named with the reason why they were left out. */
  static final int LEFT_OUT_MAX = 20;

  private static final String MAGIC = "iovtee-cluster-member 1";
  private static final int TEXT_LENGTH_MAX = 1_000;

  /**
   * Of its data path.
   *
   * @param ports configured, and of these with a link
   * @param rxPps frames received by all ports, a second
   * @param txPps frames sent by all ports, a second
   */
  public record Switched(
      int ports, int portsUp, int loops, int mappings, double rxPps, double txPps) {
    static final Switched NOTHING = new Switched(0, 0, 0, 0, 0, 0);
  }

  /**
   * What its table has of the cluster's rules.
   *
   * @param version of the rules that were brought into the table last
   * @param error why a newer one was not; empty if nothing is wrong
   * @param leftOutCount rules that it can not have
   * @param leftOut the first of these, each with the reason
   */
  public record Applied(long version, String error, int leftOutCount, List<String> leftOut) {
    static final Applied NOTHING = new Applied(0, "", 0, List.of());

    /** Copies the list. */
    public Applied {
      leftOut = List.copyOf(leftOut);
    }
  }

  /** Of a member that has not said anything yet. */
  static final MemberStatus UNKNOWN =
      new MemberStatus("", "", 0, Switched.NOTHING, "", Applied.NOTHING, "");

  byte[] bytes() {
    StringBuilder text = new StringBuilder(MAGIC).append('\n');
    put(text, "http", http);
    put(text, "version", version);
    put(text, "started", startedMs);
    put(text, "ports", switched.ports);
    put(text, "ports-up", switched.portsUp);
    put(text, "loops", switched.loops);
    put(text, "mappings", switched.mappings);
    put(text, "rx-pps", switched.rxPps);
    put(text, "tx-pps", switched.txPps);
    put(text, "stored", stored);
    put(text, "applied", applied.version);
    put(text, "error", applied.error);
    put(text, "left-out", applied.leftOutCount);
    applied.leftOut.forEach(one -> put(text, "left-out-rule", one));
    put(text, "problem", problem);
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void put(StringBuilder text, String key, Object value) {
    String line = String.valueOf(value).replaceAll("\\p{Cntrl}", " ");
    text.append(key).append(' ');
    text.append(line, 0, Math.min(line.length(), TEXT_LENGTH_MAX)).append('\n');
  }

  /**
   * Reads what {@link #bytes} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static MemberStatus parse(byte[] bytes) {
    if (bytes.length > LENGTH_MAX) {
      throw new IllegalArgumentException("a member's status of " + bytes.length + " bytes");
    }
    Map<String, String> values = new HashMap<>();
    List<String> leftOut = new ArrayList<>();
    List<String> lines = decode(bytes).lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(MAGIC)) {
      throw new IllegalArgumentException("no member's status of a form that is known here");
    }
    for (String line : lines) {
      int blank = line.indexOf(' ');
      if (blank > 0) {
        String value = line.substring(blank + 1);
        if (!line.startsWith("left-out-rule ")) {
          values.put(line.substring(0, blank), value);
        } else if (leftOut.size() < LEFT_OUT_MAX) {
          leftOut.add(value);
        }
      }
    }
    return new MemberStatus(
        values.getOrDefault("http", ""),
        values.getOrDefault("version", ""),
        number(values, "started"),
        new Switched(
            (int) number(values, "ports"),
            (int) number(values, "ports-up"),
            (int) number(values, "loops"),
            (int) number(values, "mappings"),
            rate(values, "rx-pps"),
            rate(values, "tx-pps")),
        values.getOrDefault("stored", ""),
        new Applied(
            number(values, "applied"),
            values.getOrDefault("error", ""),
            (int) number(values, "left-out"),
            leftOut),
        values.getOrDefault("problem", ""));
  }

  private static String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a member's status is not UTF-8", e);
    }
  }

  private static long number(Map<String, String> values, String key) {
    String text = values.getOrDefault(key, "0");
    return text.matches("\\d{1,15}") ? Long.parseLong(text) : 0;
  }

  private static double rate(Map<String, String> values, String key) {
    String text = values.getOrDefault(key, "0");
    double rate = text.matches("[0-9.E]{1,24}") ? parsed(text) : 0;
    return Double.isFinite(rate) ? rate : 0;
  }

  private static double parsed(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
