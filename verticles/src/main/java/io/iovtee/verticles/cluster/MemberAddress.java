// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a member listens for the others.
 *
 * @param ip an address, never a name: what a name means is not asked for while the network is cut
 * @param port 1 to 65535
 */
public record MemberAddress(String ip, int port) {
  private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern V4 =
      Pattern.compile("(" + BYTE + "(?:\\." + BYTE + "){3}):(\\d{1,5})");
  private static final Pattern V6 = Pattern.compile("\\[([0-9a-fA-F:]{2,39})]:(\\d{1,5})");
  private static final int PORT_MAX = 65535;

  /**
   * Reads {@code 10.0.0.1:5701} or {@code [::1]:5701}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static MemberAddress parse(String text) {
    Matcher v4 = V4.matcher(text);
    Matcher v6 = V6.matcher(text);
    Matcher found = v4.matches() ? v4 : v6;
    int port = v4.matches() || v6.matches() ? Integer.parseInt(found.group(2)) : 0;
    if (port < 1 || port > PORT_MAX) {
      throw new IllegalArgumentException(
          "must be an address and a port, as 10.0.0.1:5701 or [::1]:5701: " + text);
    }
    return new MemberAddress(found.group(1), port);
  }

  /** Whether only this machine can reach it. */
  public boolean isLoopback() {
    return ip.startsWith("127.") || ip.equals("::1");
  }

  @Override
  public String toString() {
    return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port;
  }
}
