// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which frames a filtered queue takes: those for one MAC address, in one VLAN or in any.
 *
 * @param mac 6 bytes
 * @param vlan 0 to 4094, or {@link #ANY_VLAN}
 */
record FrameFilter(byte[] mac, int vlan) {
  static final int ANY_VLAN = -1;
  static final int VLAN_MAX = 4094;

  private static final Pattern OVS_TEXT =
      Pattern.compile(
          "dl_dst=([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?:,dl_vlan=([0-9]{1,4}))?",
          Pattern.CASE_INSENSITIVE);

  /**
   * Reads a filter: {@code dl_dst=02:00:00:00:00:11}, or with {@code ,dl_vlan=100}.
   *
   * @return null for anything else, which the program cannot match
   */
  static @Nullable FrameFilter parse(String ovsText) {
    Matcher matcher = OVS_TEXT.matcher(ovsText.strip());
    if (!matcher.matches()) {
      return null;
    }
    int vlan = matcher.group(2) == null ? ANY_VLAN : Integer.parseInt(matcher.group(2));
    if (vlan > VLAN_MAX) {
      return null;
    }
    String mac = matcher.group(1).toLowerCase(Locale.ROOT);
    return new FrameFilter(HexFormat.ofDelimiter(":").parseHex(mac), vlan);
  }

  @Override
  public String toString() {
    String text = "dl_dst=" + HexFormat.ofDelimiter(":").formatHex(mac);
    return vlan == ANY_VLAN ? text : text + ",dl_vlan=" + vlan;
  }
}
