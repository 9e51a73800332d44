// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.nic.soft.FrameKey.Field;
import java.util.Arrays;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * An exact match as a NIC's steering table takes it: some fields, each with one value. Written as
 * OVS text: {@code dl_dst=02:00:00:00:00:11,ip,nw_dst=10.0.0.2,tp_dst=53}. Value object.
 */
final class SteeringMatch {
  private static final int MATCH_LENGTH_MAX = 512;

  private final int fields;
  private final long[] value;

  private SteeringMatch(int fields, long[] value) {
    this.fields = fields;
    this.value = value;
  }

  /**
   * Reads OVS text. Fields: dl_dst, dl_src, dl_type, dl_vlan, nw_src, nw_dst, nw_proto, tp_src,
   * tp_dst, the short forms ip, ipv6, arp, tcp, udp, and tcp_src, tcp_dst, udp_src, udp_dst.
   *
   * @throws IllegalArgumentException with the reason when a NIC could not do that: a mask, a range,
   *     an unknown field, two values for one field, no field at all
   */
  static SteeringMatch parse(String text) {
    if (text.length() > MATCH_LENGTH_MAX) {
      throw new IllegalArgumentException("match is longer than " + MATCH_LENGTH_MAX);
    }
    Builder builder = new Builder();
    for (String part : text.split("[,\\s]+")) {
      if (!part.isEmpty()) {
        builder.add(part);
      }
    }
    if (builder.fields == 0) {
      throw new IllegalArgumentException("\"" + text + "\" names no field");
    }
    return new SteeringMatch(builder.fields, builder.value);
  }

  /** Bit {@code 1 << ordinal} for each {@link Field} that is compared. */
  int fields() {
    return fields;
  }

  long value(int field) {
    return value[field];
  }

  /** Hash of the values of the given fields, the same for a match and the frames it matches. */
  static int hash(long[] value, int fields) {
    long hash = 0;
    for (int rest = fields; rest != 0; rest &= rest - 1) {
      hash = (hash ^ value[Integer.numberOfTrailingZeros(rest)]) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    return (int) (hash ^ hash >>> 32);
  }

  int hash() {
    return hash(value, fields);
  }

  /** Whether the frame has all fields and the same values. */
  boolean matches(FrameKey key) {
    if ((key.present & fields) != fields) {
      return false;
    }
    for (int rest = fields; rest != 0; rest &= rest - 1) {
      int field = Integer.numberOfTrailingZeros(rest);
      if (key.value[field] != value[field]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SteeringMatch match
        && match.fields == fields
        && Arrays.equals(match.value, value);
  }

  @Override
  public int hashCode() {
    return hash();
  }

  /** The canonical text: fields in one order, values in one form. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(",");
    for (Field field : Field.values()) {
      if ((fields & 1 << field.ordinal()) != 0) {
        long fieldValue = value[field.ordinal()];
        String shown =
            switch (field) {
              case DL_DST, DL_SRC -> TextValues.macText(fieldValue);
              case DL_TYPE -> "0x%04x".formatted(fieldValue);
              case NW_SRC, NW_DST -> TextValues.ipv4Text(fieldValue);
              case DL_VLAN, NW_PROTO, TP_SRC, TP_DST -> Long.toString(fieldValue);
            };
        text.add(field.ovsName() + "=" + shown);
      }
    }
    return text.toString();
  }

  private static final class Builder {
    private int fields;
    private final long[] value = new long[FrameKey.FIELDS];

    void add(String part) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        addShortForm(part);
        return;
      }
      String name = part.substring(0, equals).toLowerCase(Locale.ROOT);
      String text = part.substring(equals + 1);
      if (text.indexOf('/') >= 0) {
        throw new IllegalArgumentException("\"" + part + "\": a mask is no exact match");
      }
      switch (name) {
        case "dl_dst", "eth_dst" -> set(Field.DL_DST, TextValues.mac(text));
        case "dl_src", "eth_src" -> set(Field.DL_SRC, TextValues.mac(text));
        case "dl_type", "eth_type" -> set(Field.DL_TYPE, TextValues.number(text, 0xffff));
        case "dl_vlan" -> set(Field.DL_VLAN, TextValues.number(text, 0xfff));
        case "nw_src", "ip_src" -> set(Field.NW_SRC, TextValues.ipv4(text));
        case "nw_dst", "ip_dst" -> set(Field.NW_DST, TextValues.ipv4(text));
        case "nw_proto", "ip_proto" -> set(Field.NW_PROTO, TextValues.number(text, 0xff));
        case "tp_src" -> set(Field.TP_SRC, TextValues.number(text, 0xffff));
        case "tp_dst" -> set(Field.TP_DST, TextValues.number(text, 0xffff));
        case "tcp_src" -> port(FrameKey.PROTOCOL_TCP, Field.TP_SRC, text);
        case "tcp_dst" -> port(FrameKey.PROTOCOL_TCP, Field.TP_DST, text);
        case "udp_src" -> port(FrameKey.PROTOCOL_UDP, Field.TP_SRC, text);
        case "udp_dst" -> port(FrameKey.PROTOCOL_UDP, Field.TP_DST, text);
        default ->
            throw new IllegalArgumentException("the NIC can not match the field \"" + name + "\"");
      }
    }

    private void addShortForm(String name) {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "ip" -> set(Field.DL_TYPE, FrameKey.ETHERTYPE_IPV4);
        case "ipv6" -> set(Field.DL_TYPE, FrameKey.ETHERTYPE_IPV6);
        case "arp" -> set(Field.DL_TYPE, 0x0806);
        case "tcp" -> {
          set(Field.DL_TYPE, FrameKey.ETHERTYPE_IPV4);
          set(Field.NW_PROTO, FrameKey.PROTOCOL_TCP);
        }
        case "udp" -> {
          set(Field.DL_TYPE, FrameKey.ETHERTYPE_IPV4);
          set(Field.NW_PROTO, FrameKey.PROTOCOL_UDP);
        }
        default ->
            throw new IllegalArgumentException("the NIC can not match the field \"" + name + "\"");
      }
    }

    private void port(int protocol, Field field, String text) {
      set(Field.NW_PROTO, protocol);
      set(field, TextValues.number(text, 0xffff));
    }

    private void set(Field field, long fieldValue) {
      int bit = 1 << field.ordinal();
      if ((fields & bit) != 0 && value[field.ordinal()] != fieldValue) {
        throw new IllegalArgumentException("two values for " + field.ovsName());
      }
      fields |= bit;
      value[field.ordinal()] = fieldValue;
    }
  }
}
