// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which frames a rule is for, and in which table it is asked: an ingress port by name, and values
 * under masks for the words of a key (layout: {@link MatchField}). Immutable; two matches are equal
 * if they match the same bits, however they were written.
 *
 * <p>Only the words that have a mask are stored, so that a million rules fit in memory.
 */
public final class Match {
  /** Matches every frame. */
  public static final Match ANY = new Builder().build();

  private static final int TCI_SHIFT = MatchField.VLAN_TCI.shift();
  private static final long TCI_PRESENT = (long) MatchField.TAG_PRESENT << TCI_SHIFT;

  /** Tables are numbered from 0, where each frame starts, to this. */
  public static final int TABLE_MAX = 254;

  /** For {@link #covers} only: whatever the table. */
  private static final int TABLE_ANY = 255;

  private final @Nullable String inPort;
  private final int table;

  /** Bit w is set if word w has a mask. */
  private final int wordSet;

  /** Value and mask of each word in wordSet, in the order of the words. */
  private final long[] packed;

  private Match(@Nullable String inPort, int table, int wordSet, long[] packed) {
    this.inPort = inPort;
    this.table = table;
    this.wordSet = wordSet;
    this.packed = packed;
  }

  private Match(@Nullable String inPort, int table, long[] values, long[] masks) {
    this.inPort = inPort;
    this.table = table;
    int set = 0;
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      set |= masks[word] != 0 ? 1 << word : 0;
    }
    wordSet = set;
    packed = new long[2 * Integer.bitCount(set)];
    int count = 0;
    for (int words = set; words != 0; words &= words - 1) {
      int word = Integer.numberOfTrailingZeros(words);
      packed[count++] = values[word];
      packed[count++] = masks[word];
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Name of the port that frames must come from; null if any will do. */
  public @Nullable String inPort() {
    return inPort;
  }

  /** Number of the table that the rule stands in. */
  public int table() {
    return table;
  }

  /** As this, but {@link #covers} asks for no table. */
  public Match inAnyTable() {
    return new Match(inPort, TABLE_ANY, wordSet, packed);
  }

  /** As this, in another table. */
  public Match inTable(int number) {
    return new Match(inPort, number, wordSet, packed);
  }

  /**
   * The bits that this looks at, with no value wanted of them: equal for matches that differ in
   * values only. Where this covers another match, its shape covers that one's.
   */
  public Match shape() {
    long[] masks = packed.clone();
    for (int i = 0; i < masks.length; i += 2) {
      masks[i] = 0;
    }
    return new Match(inPort == null ? null : "", table, wordSet, masks);
  }

  /** As this, for the frames of one port only. */
  public Match onPort(String name) {
    return new Match(PortName.check(name), table, wordSet, packed);
  }

  /**
   * What of this match lies on the bits of a shape: the only match of that shape that can overlap
   * this one, if this looks at all of them.
   *
   * @param shape a {@link #shape} that covers that of this match
   */
  public Match under(Match shape) {
    long[] pairs = shape.packed.clone();
    for (int word = 0, i = 0; word < MatchField.WORD_COUNT; word++) {
      if ((shape.wordSet & 1 << word) != 0) {
        pairs[i] = value(word) & pairs[i + 1];
        i += 2;
      }
    }
    return new Match(shape.inPort == null ? null : inPort, table, shape.wordSet, pairs);
  }

  /** Whether bits and port leave room for a frame in one table that both are for. */
  public boolean overlaps(Match other) {
    boolean can =
        table == other.table
            && (inPort == null || other.inPort == null || inPort.equals(other.inPort));
    for (int words = wordSet & other.wordSet; words != 0 && can; words &= words - 1) {
      int word = Integer.numberOfTrailingZeros(words);
      int mine = position(word);
      int others = other.position(word);
      long both = packed[mine + 1] & other.packed[others + 1];
      can = ((packed[mine] ^ other.packed[others]) & both) == 0;
    }
    return can;
  }

  /**
   * The value that word {@code word} of a key must have under the mask; without the bits of in_port
   * and table.
   */
  public long value(int word) {
    return (wordSet & 1 << word) == 0 ? 0 : packed[position(word)];
  }

  /**
   * The bits of word {@code word} of a key that the match looks at; without in_port's and table's.
   */
  public long mask(int word) {
    return (wordSet & 1 << word) == 0 ? 0 : packed[position(word) + 1];
  }

  private int position(int word) {
    return 2 * Integer.bitCount(wordSet & ((1 << word) - 1));
  }

  /** Whether any field is matched. */
  public boolean isAny() {
    return inPort == null && wordSet == 0;
  }

  /**
   * Whether every frame that {@code other} is for is also for this: OpenFlow's loose match of a
   * deletion. Says no where only the values, and no bits of the match, make it so.
   */
  public boolean covers(Match other) {
    boolean all =
        (table == TABLE_ANY || table == other.table)
            && (inPort == null || inPort.equals(other.inPort));
    for (int word = 0; word < MatchField.WORD_COUNT && all; word++) {
      long mask = mask(word);
      all = (mask & ~other.mask(word)) == 0 && (other.value(word) & mask) == value(word);
    }
    return all;
  }

  /** Whether the field is matched; the vlan fields as in {@link #fields()}. */
  public boolean has(MatchField field) {
    return field == MatchField.IN_PORT ? inPort != null : field(field) != null;
  }

  /** Whether the match says what a rule must say that reads or sets the field. */
  public boolean allows(MatchField field) {
    return field.prerequisite().isSatisfied(unpack(0), unpack(1));
  }

  /** The match on one field, or null if it has none. Never the ingress port. */
  public @Nullable FieldMatch field(MatchField field) {
    return fieldOf(field, unpack(0), unpack(1));
  }

  /**
   * All matched fields except the ingress port, in the order of {@link MatchField}. A tag that is
   * there appears as dl_vlan and dl_vlan_pcp where these can say it, otherwise as vlan_tci.
   */
  public List<FieldMatch> fields() {
    long[] values = unpack(0);
    long[] masks = unpack(1);
    List<FieldMatch> fields = new ArrayList<>();
    for (MatchField field : MatchField.ALL) {
      FieldMatch found = fieldOf(field, values, masks);
      if (found != null) {
        fields.add(found);
      }
    }
    return fields;
  }

  private long[] unpack(int part) {
    long[] words = new long[MatchField.WORD_COUNT];
    for (int word = 0, i = part; word < words.length; word++) {
      if ((wordSet & 1 << word) != 0) {
        words[word] = packed[i];
        i += 2;
      }
    }
    return words;
  }

  private static @Nullable FieldMatch fieldOf(MatchField field, long[] values, long[] masks) {
    if (field == MatchField.IN_PORT
        || !field.prerequisite().isSatisfied(values, masks)
        || !sharesTagBits(field, values[0], masks[0])) {
      return null;
    }
    int high = field.word();
    int low = field.isWide() ? high + 1 : high;
    long mask = field.extract(masks[low]) & field.exactMask();
    long maskHigh = field.isWide() ? masks[high] : 0;
    if (mask == 0 && maskHigh == 0) {
      return null;
    }
    long value = field.extract(values[low]) & field.exactMask();
    return new FieldMatch(field, field.isWide() ? values[high] : 0, value, maskHigh, mask);
  }

  /** The three vlan fields lie on the same 16 bits: which of them is to say what is matched? */
  private static boolean sharesTagBits(MatchField field, long value, long mask) {
    int tciMask = (int) MatchField.VLAN_TCI.extract(mask);
    boolean tagged = (value & mask & TCI_PRESENT) != 0;
    boolean idAndPriority = tagged && (tciMask == 0x1fff || tciMask == 0xf000 || tciMask == 0xffff);
    return switch (field) {
      case DL_VLAN -> idAndPriority && tciMask != 0xf000;
      case DL_VLAN_PCP -> idAndPriority && tciMask != 0x1fff;
      case VLAN_TCI -> !idAndPriority;
      default -> true;
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Match match
        && wordSet == match.wordSet
        && table == match.table
        && Objects.equals(inPort, match.inPort)
        && Arrays.equals(packed, match.packed);
  }

  @Override
  public int hashCode() {
    long hash = 31L * Objects.hashCode(inPort) + table;
    for (long word : packed) {
      // Addresses and ports that are one behind the other must not meet in one number.
      hash = (hash ^ word) * 0x9e37_79b9_7f4a_7c15L;
      hash ^= hash >>> 32;
    }
    return (int) hash;
  }

  @Override
  public String toString() {
    return "Match[table=" + table + ", inPort=" + inPort + ", fields=" + fields() + "]";
  }

  /** Collects fields in any order and checks them together. Not thread-safe. */
  public static final class Builder {
    private final Map<MatchField, FieldMatch> fields = new EnumMap<>(MatchField.class);

    /** The words that the fields make, by word. */
    private final long[] values = new long[MatchField.WORD_COUNT];

    private final long[] masks = new long[MatchField.WORD_COUNT];
    private @Nullable String inPort;
    private int table;

    private Builder() {}

    /**
     * @param number 0 to {@link #TABLE_MAX}
     */
    public Builder table(int number) {
      if (number < 0 || number > TABLE_MAX) {
        throw new IllegalArgumentException(
            "a table has a number from 0 to " + TABLE_MAX + ": table=" + number);
      }
      table = number;
      return this;
    }

    /**
     * @throws IllegalArgumentException if this is no {@link PortName}, or another port is set
     */
    public Builder inPort(String name) {
      if (inPort != null && !inPort.equals(name)) {
        throw new IllegalArgumentException("in_port is already " + inPort);
      }
      inPort = PortName.check(name);
      return this;
    }

    /** Matches all bits of a field of up to 64 bits; see {@link #with(FieldMatch)}. */
    public Builder with(MatchField field, long value) {
      return with(FieldMatch.exact(field, value));
    }

    /** Matches some bits of a field of up to 64 bits; see {@link #with(FieldMatch)}. */
    public Builder with(MatchField field, long value, long mask) {
      return with(FieldMatch.masked(field, value, mask));
    }

    /** Matches frames that have no VLAN tag. */
    public Builder untagged() {
      return with(MatchField.VLAN_TCI, 0);
    }

    /**
     * Adds a field; one without any mask bit changes nothing.
     *
     * @throws IllegalArgumentException if the field is matched already in another way, vlan_tci
     *     contradicts dl_vlan or dl_vlan_pcp, or no frame could match
     */
    public Builder with(FieldMatch match) {
      if (match.isAny()) {
        return this;
      }
      FieldMatch normal = normalised(match);
      checkTagFields(normal);
      FieldMatch before = fields.putIfAbsent(normal.field(), normal);
      if (before == null) {
        lay(normal);
      } else if (!before.equals(normal)) {
        throw new IllegalArgumentException(
            normal.field().fieldName() + " is matched twice, with different values");
      }
      return this;
    }

    /** Whether what was given so far lets the match name this field. */
    public boolean allows(MatchField field) {
      return field.prerequisite().isSatisfied(values, masks);
    }

    /** Whether the field was given with this value and no mask. */
    public boolean isExactly(MatchField field, long value) {
      return FieldMatch.exact(field, value).equals(fields.get(field));
    }

    /**
     * @throws IllegalArgumentException if a field lacks its prerequisite
     */
    public Match build() {
      for (MatchField field : fields.keySet()) {
        if (!field.prerequisite().isSatisfied(values, masks)) {
          throw new IllegalArgumentException(
              field.fieldName() + " needs " + field.prerequisite().wanted());
        }
      }
      return new Match(inPort, table, values, masks);
    }

    /** The three vlan fields are about the same bits: what they say of them must agree. */
    private void checkTagFields(FieldMatch added) {
      if (tciMask(added) == 0) {
        return;
      }
      for (FieldMatch other : fields.values()) {
        int shared = tciMask(other) & tciMask(added);
        if (other.field() != added.field() && ((tci(other) ^ tci(added)) & shared) != 0) {
          throw new IllegalArgumentException(
              "%s and %s say different things of the same bits"
                  .formatted(other.field().fieldName(), added.field().fieldName()));
        }
      }
    }

    private static int tciMask(FieldMatch match) {
      return switch (match.field()) {
        case DL_VLAN, DL_VLAN_PCP -> place(match.field(), match.mask()) | MatchField.TAG_PRESENT;
        case VLAN_TCI -> (int) match.mask();
        default -> 0;
      };
    }

    private static int tci(FieldMatch match) {
      return match.field() == MatchField.VLAN_TCI
          ? (int) match.value()
          : place(match.field(), match.value()) | MatchField.TAG_PRESENT;
    }

    /** Where a field's bits lie in vlan_tci. */
    private static int place(MatchField field, long bits) {
      return (int) (bits << (field.shift() - TCI_SHIFT));
    }

    private void lay(FieldMatch match) {
      MatchField field = match.field();
      int word = field.word();
      if (field.isWide()) {
        values[word] |= match.valueHigh();
        masks[word] |= match.maskHigh();
        word++;
      }
      values[word] |= match.value() << field.shift();
      masks[word] |= match.mask() << field.shift();
      if (field == MatchField.DL_VLAN || field == MatchField.DL_VLAN_PCP) {
        values[word] |= TCI_PRESENT;
        masks[word] |= TCI_PRESENT;
      }
    }

    /** One way to write what can be written in several, so that equal matches are equal. */
    private static FieldMatch normalised(FieldMatch match) {
      long value = match.value();
      long mask = match.mask();
      switch (match.field()) {
        case VLAN_TCI -> {
          if ((mask & MatchField.TAG_PRESENT) != 0 && (value & MatchField.TAG_PRESENT) == 0) {
            if (value != 0) {
              throw new IllegalArgumentException(
                  ("no frame has this vlan_tci: 0x%04x/0x%04x,"
                          + " bit 0x1000 is clear only without a tag")
                      .formatted(value, mask));
            }
            return FieldMatch.exact(MatchField.VLAN_TCI, 0);
          }
        }
        case NW_FRAG -> {
          boolean any = (value & MatchField.FRAG_ANY) != 0;
          boolean later = (value & MatchField.FRAG_LATER) != 0;
          if (mask == 3 && later && !any) {
            throw new IllegalArgumentException("no frame has this nw_frag: 2/3");
          }
          if (later) {
            return FieldMatch.masked(
                MatchField.NW_FRAG, MatchField.FRAG_LATER, MatchField.FRAG_LATER);
          }
          if ((mask & MatchField.FRAG_ANY) != 0 && !any) {
            return FieldMatch.exact(MatchField.NW_FRAG, 0);
          }
        }
        default -> {}
      }
      return match;
    }
  }
}
