// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R5;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R7;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R8;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Instructions that decide one match on a frame: a jump to one label or another. The link layer is
 * here, the layers above in {@link FilterNetworkCode}.
 *
 * <p>The rule is that of {@code HeaderParser}: what these instructions let through has a key that
 * the match matches. Where the parser would walk (IPv4 options, IPv6 extension headers, SNAP) or
 * would call a malformed field 0, they let nothing through; docs/MAPPINGS.md lists these cases. A
 * match that has a bit which nobody here compares is refused.
 *
 * <pre>
 *  R7  first byte of the frame      R8  behind its last byte
 *  R1, R2, R3, R5                   at the code's disposal
 * </pre>
 */
final class FilterCode {
  static final int ETHERNET_LENGTH = 14;
  private static final int TAG_LENGTH = 4;
  private static final int TYPE_OFFSET = 12;
  private static final int TAG_OFFSET = 14;
  private static final int ADDRESS_LENGTH = 6;

  /** Smaller numbers are lengths; then the type stands in a SNAP header, if anywhere. */
  private static final int TYPE_MIN = 0x600;

  private static final int TYPE_IPV4 = 0x0800;
  private static final int TYPE_ARP = 0x0806;
  private static final int TYPE_RARP = 0x8035;
  private static final int TYPE_IPV6 = 0x86dd;
  private static final int TYPE_VLAN = 0x8100;
  private static final int TYPE_VLAN_SERVICE = 0x88a8;

  private final BpfAssembler code;
  private final Match match;
  private final String name;

  /** Bits of the match that instructions compare. */
  private final long[] compared = new long[MatchField.WORD_COUNT];

  /**
   * @param name in front of all labels, so that a program can hold several filters
   */
  FilterCode(BpfAssembler code, Match match, String name) {
    this.code = code;
    this.match = match;
    this.name = name;
  }

  BpfAssembler code() {
    return code;
  }

  /**
   * Writes the instructions. They end with a jump in each case.
   *
   * @throws IllegalArgumentException if the match looks at something that they can not decide
   */
  void emit(String matched, String missed) {
    long tag = value(MatchField.VLAN_TCI);
    long tagMask = mask(MatchField.VLAN_TCI);
    compared[MatchField.VLAN_TCI.word()] |= tagMask << MatchField.VLAN_TCI.shift();
    needBytes(ETHERNET_LENGTH, missed);
    compare(MatchField.DL_DST, 0, ADDRESS_LENGTH, missed);
    compare(MatchField.DL_SRC, ADDRESS_LENGTH, ADDRESS_LENGTH, missed);
    code.load(Instruction.BPF_H, R5, R7, TYPE_OFFSET)
        .fromNetwork16(R5)
        .jumpIfEqual(R5, TYPE_VLAN, name + ".tagged")
        .jumpIfEqual(R5, TYPE_VLAN_SERVICE, name + ".tagged");
    // A frame without a tag has the tag word 0.
    if (tag == 0) {
      emitNetwork(TYPE_OFFSET, matched, missed);
    } else {
      code.jump(missed);
    }
    code.label(name + ".tagged");
    boolean wantsNone = (tagMask & MatchField.TAG_PRESENT) != 0 && tag == 0;
    if (wantsNone) {
      code.jump(missed);
    } else {
      needBytes(ETHERNET_LENGTH + TAG_LENGTH, missed);
      long bits = ~(long) MatchField.TAG_PRESENT;
      compareBytes(TAG_OFFSET, 2, tag & bits, tagMask & bits, missed);
      emitNetwork(TYPE_OFFSET + TAG_LENGTH, matched, missed);
    }
    refuseWhatIsNotCompared();
  }

  private void emitNetwork(int typeOffset, String matched, String missed) {
    if (mask(MatchField.DL_TYPE) != 0) {
      int type = (int) value(MatchField.DL_TYPE);
      if (type < TYPE_MIN) {
        throw refused("dl_type=0x%04x is no Ethertype of a frame's header".formatted(type));
      }
      compare(MatchField.DL_TYPE, typeOffset, 2, missed);
      FilterNetworkCode network = new FilterNetworkCode(this, typeOffset + 2, missed);
      switch (type) {
        case TYPE_IPV4 -> network.ipv4();
        case TYPE_IPV6 -> network.ipv6();
        case TYPE_ARP, TYPE_RARP -> network.arp();
        default -> {}
      }
    }
    code.jump(matched);
  }

  /** Everything that follows may read so many bytes of the frame. */
  void needBytes(int length, String missed) {
    code.move(R3, R7).addConstant(R3, length).jumpIfGreater(R3, R8, missed);
  }

  /** As {@link #needBytes}, with the number in R2 in addition, at most 65535. */
  void needBytesAndR2(int length, String missed) {
    code.move(R3, R7).addConstant(R3, length).add(R3, R2).jumpIfGreater(R3, R8, missed);
  }

  /** The match's value for a field of up to 64 bits, or the lower half of a wide one. */
  long value(MatchField field) {
    return field.extract(match.value(lowWord(field)));
  }

  /** The bits that the match looks at. */
  long mask(MatchField field) {
    return field.extract(match.mask(lowWord(field)));
  }

  private static int lowWord(MatchField field) {
    return field.isWide() ? field.word() + 1 : field.word();
  }

  /** Whether the match looks at any bit of the field. */
  boolean looksAt(MatchField field) {
    return mask(field) != 0 || (field.isWide() && match.mask(field.word()) != 0);
  }

  /** The match's bits of a field need no instruction, or the caller writes them. */
  void isCompared(MatchField field) {
    long bits = field.isWide() ? -1L : field.exactMask() << field.shift();
    compared[lowWord(field)] |= bits;
    if (field.isWide()) {
      compared[field.word()] |= bits;
    }
  }

  /** Compares a field that lies as it is in so many bytes of the frame. */
  void compare(MatchField field, int offset, int length, String missed) {
    isCompared(field);
    if (field.isWide()) {
      int high = field.word();
      compareBytes(offset, Long.BYTES, match.value(high), match.mask(high), missed);
      compareBytes(offset + Long.BYTES, Long.BYTES, value(field), mask(field), missed);
    } else {
      long mask = mask(field) & field.exactMask();
      compareBytes(offset, length, value(field) & mask, mask, missed);
    }
  }

  /** Compares bits of 1 to 8 bytes that form a number in network order. */
  void compareBytes(int offset, int length, long value, long mask, String missed) {
    int at = 0;
    while (at < length) {
      int step = Integer.highestOneBit(Math.min(4, length - at));
      int shift = (length - at - step) * Byte.SIZE;
      compareStep(offset + at, step, value >>> shift, mask >>> shift, missed);
      at += step;
    }
  }

  private void compareStep(int offset, int length, long value, long mask, String missed) {
    int all = (int) (-1L >>> (Long.SIZE - length * Byte.SIZE));
    if (((int) mask & all) == 0) {
      return;
    }
    int width =
        switch (length) {
          case 1 -> Instruction.BPF_B;
          case 2 -> Instruction.BPF_H;
          default -> Instruction.BPF_W;
        };
    code.load(width, R1, R7, offset);
    if (((int) mask & all) != all) {
      code.andConstant32(R1, asLoaded((int) mask & all, length));
    }
    code.jumpIfNotEqual32(R1, asLoaded((int) value & all, length), missed);
  }

  /** A number in network order, as a load in the machine's order sees it. */
  private static int asLoaded(int number, int length) {
    if (ByteOrder.nativeOrder().equals(ByteOrder.BIG_ENDIAN)) {
      return number;
    }
    return Integer.reverseBytes(number) >>> (Integer.SIZE - length * Byte.SIZE);
  }

  private void refuseWhatIsNotCompared() {
    boolean left = false;
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      left |= (match.mask(word) & ~compared[word]) != 0;
    }
    if (left) {
      List<String> names = new ArrayList<>();
      for (FieldMatch field : match.fields()) {
        int low = lowWord(field.field());
        long high = field.field().isWide() ? field.maskHigh() & ~compared[low - 1] : 0;
        if (high != 0 || ((field.mask() << field.field().shift()) & ~compared[low]) != 0) {
          names.add(field.field().fieldName());
        }
      }
      throw refused(names.isEmpty() ? "it has fields of no known kind" : String.join(", ", names));
    }
  }

  /** The match can not be decided. */
  static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException("the XDP program can not decide this match: " + why);
  }
}
