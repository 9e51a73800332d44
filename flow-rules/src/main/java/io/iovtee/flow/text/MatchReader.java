// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a match from its words, wherever they come from. They may come in any order: so fields are
 * collected first, and set once the protocols are known.
 */
final class MatchReader {
  /** Names for a field whose numbers mean something else than under the field's own name. */
  private static final Map<String, MatchField> SPECIAL =
      Map.of("ip_dscp", MatchField.NW_TOS, "vlan_vid", MatchField.VLAN_TCI);

  private static final String ALLOWED_WORDS =
      Arrays.stream(MatchField.values())
              .map(MatchField::fieldName)
              .collect(Collectors.joining(" ", "", "; "))
          + Arrays.stream(Shorthand.values()).map(Shorthand::word).collect(Collectors.joining(" "));

  /** Makes the error for a word that is wrong. */
  interface Errors {
    RuntimeException error(Word word, String problem);

    RuntimeException error(Word word, IllegalArgumentException cause);
  }

  private final Errors place;
  private final Match.Builder match = Match.builder();
  private final List<Word> fields = new ArrayList<>();

  /** The field that has a range of ports, and what the range consists of. */
  private @Nullable Word ranged;

  private List<FieldMatch> range = List.of();

  MatchReader(Errors place) {
    this.place = place;
  }

  void table(int number) {
    match.table(number);
  }

  /** Takes a word; false if it names nothing that can be matched. */
  boolean take(Word word) {
    Shorthand shorthand = Shorthand.byWord(word.name());
    boolean eth = word.name().equals("eth");
    boolean ethernet = word.name().equals("packet_type") && "(0,0)".equals(word.value());
    if ((shorthand != null || eth) && word.value() != null) {
      throw place.error(word, word.name() + " takes no value");
    }
    if (shorthand != null) {
      setShorthand(word, shorthand);
    } else if (eth || ethernet) {
      // Every frame here is Ethernet.
      return true;
    } else if (word.name().equals("in_port")) {
      setInPort(word);
    } else if (fieldOf(word) != null || isSpecial(word) || isPart(word)) {
      if (!valueOf(word).equals("*")) { // OVS's "any value"
        fields.add(word);
      }
    } else {
      return false;
    }
    return true;
  }

  /** The match, once all words are taken. */
  Match build() {
    List<Match> all = buildAll();
    if (ranged != null && all.size() > 1) {
      throw place.error(
          ranged,
          "a range of ports is several rules, here %d, where one is wanted; use a mask, as in %s=%s"
              .formatted(all.size(), ranged.name(), FieldSyntax.format(range.getFirst())));
    }
    return all.getFirst();
  }

  /** The match, or with a range of ports those that together are it. */
  List<Match> buildAll() {
    fields.sort(Comparator.comparingInt(MatchReader::step));
    for (Word field : fields) {
      setField(field);
    }
    for (Word field : fields) {
      checkPrerequisite(field);
    }
    Match rest = match.build();
    Word word = ranged;
    return word == null
        ? List.of(rest)
        : range.stream().map(part -> with(rest, word, part)).toList();
  }

  private Match with(Match rest, Word word, FieldMatch part) {
    Match.Builder builder = Match.builder().table(rest.table());
    if (rest.inPort() != null) {
      builder.inPort(rest.inPort());
    }
    rest.fields().forEach(builder::with);
    try {
      return builder.with(part).build();
    } catch (IllegalArgumentException e) {
      throw place.error(word, e);
    }
  }

  private void setRange(Word word, MatchField field, String value) {
    if (ranged != null) {
      throw place.error(word, "a rule has one range of ports: the other is " + ranged.name());
    }
    ranged = word;
    range = PortRange.parse(field, value);
  }

  private void setShorthand(Word word, Shorthand shorthand) {
    set(word, FieldMatch.exact(MatchField.DL_TYPE, shorthand.type()));
    if (shorthand.protocol() != Shorthand.ANY_PROTOCOL) {
      set(word, FieldMatch.exact(MatchField.NW_PROTO, shorthand.protocol()));
    }
  }

  private void setInPort(Word word) {
    try {
      match.inPort(Line.unquoted(valueOf(word)));
    } catch (IllegalArgumentException e) {
      throw place.error(word, e);
    }
  }

  /** What must be known before other fields can be read comes first. */
  private static int step(Word word) {
    MatchField field = fieldOf(word);
    return field == MatchField.DL_TYPE ? 0 : field == MatchField.NW_PROTO ? 1 : 2;
  }

  private static @Nullable MatchField fieldOf(Word word) {
    return ProtocolField.fieldNamed(word.name());
  }

  private void setField(Word word) {
    String value = valueOf(word);
    try {
      MatchField field = isSpecial(word) || isPart(word) ? null : meantField(word);
      if (field != null && PortRange.isRange(field, value)) {
        setRange(word, field, value);
      } else {
        set(word, parseField(word, value));
      }
    } catch (IllegalArgumentException e) {
      throw place.error(word, e);
    }
  }

  private static boolean isSpecial(Word word) {
    return SPECIAL.containsKey(word.name());
  }

  /** {@code FIELD[FIRST..LAST]}: some bits of a field. */
  private static boolean isPart(Word word) {
    return word.name().endsWith("]");
  }

  private FieldMatch parseField(Word word, String value) {
    return switch (word.name()) {
      case "ip_dscp" -> FieldMatch.exact(MatchField.NW_TOS, NumberSyntax.parse(value, 63) << 2);
      case "vlan_vid" -> FieldSyntax.parseVlanVid(value);
      case String name when isPart(word) -> BitRange.parse(name).with(value);
      default -> FieldSyntax.parse(meantField(word), value);
    };
  }

  private void set(Word word, FieldMatch field) {
    try {
      match.with(field);
    } catch (IllegalArgumentException e) {
      throw place.error(word, e);
    }
  }

  /** "For historical reasons" some names mean another field in ARP and ICMP (ovs-fields(7)). */
  private MatchField meantField(Word word) {
    MatchField field = fieldOf(word);
    if (field == null) {
      throw unknown(word, "");
    }
    return switch (field) {
      case NW_SRC -> isArp() ? MatchField.ARP_SPA : field;
      case NW_DST -> isArp() ? MatchField.ARP_TPA : field;
      case NW_PROTO -> isArp() ? MatchField.ARP_OP : field;
      case TP_SRC -> isIcmp(word) ? MatchField.ICMP_TYPE : field;
      case TP_DST -> isIcmp(word) ? MatchField.ICMP_CODE : field;
      default -> field;
    };
  }

  private boolean isArp() {
    return match.allows(MatchField.ARP_OP);
  }

  private boolean isIcmp(Word word) {
    return match.allows(MatchField.ICMP_TYPE) && ProtocolField.byName(word.name()) == null;
  }

  private void checkPrerequisite(Word word) {
    MatchField special = SPECIAL.get(word.name());
    if (special != null) {
      checkPrerequisite(word, special);
      return;
    }
    if (isPart(word)) {
      checkPrerequisite(word, BitRange.parse(word.name()).field());
      return;
    }
    checkPrerequisite(word, meantField(word));
    ProtocolField named = ProtocolField.byName(word.name());
    if (named != null && !match.isExactly(MatchField.NW_PROTO, named.protocol())) {
      throw place.error(word, "needs " + named.wanted() + " in the same rule");
    }
  }

  private void checkPrerequisite(Word word, MatchField field) {
    if (!match.allows(field)) {
      throw place.error(word, "needs " + field.prerequisite().wanted() + " in the same rule");
    }
  }

  String valueOf(Word word) {
    String value = word.value();
    if (value == null || value.isEmpty()) {
      throw place.error(word, "a value is missing: " + word.name() + "=VALUE");
    }
    return value;
  }

  /**
   * The error for a word that was not taken.
   *
   * @param others words that would have been allowed besides, each with a blank behind
   */
  RuntimeException unknown(Word word, String others) {
    String taker = OvsFeature.takerOf(word.name());
    if (taker != null) {
      return place.error(word, "not a rule but " + taker);
    }
    String feature = OvsFeature.ofMatch(word.name());
    return place.error(
        word,
        feature != null
            ? "not supported: " + word.name() + " (" + feature + ")"
            : "unknown word; allowed: " + others + ALLOWED_WORDS);
  }
}
