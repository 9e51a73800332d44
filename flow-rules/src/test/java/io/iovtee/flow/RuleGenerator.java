// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Valid rules of all kinds from a seed. With few values, rules overlap and share masks, as the
 * tests of the classifier need it; with all values, every bit of every field is tried.
 */
public final class RuleGenerator {
  public static final List<String> PORTS = List.of("uplink", "nf1", "nf2", "veth-a.1", "br_x@y");

  private static final int[] TYPES = {0x0800, 0x86dd, 0x0806, 0x8035, 0x8847, 0x88cc, 0x05ff};
  private static final int[] PROTOCOLS = {1, 6, 17, 58, 132, 2, 0};
  private static final int[] FRAGMENT_VALUES = {0, 1, 1, 2, 0};
  private static final int[] FRAGMENT_MASKS = {3, 1, 3, 2, 2};

  private final SplittableRandom random;
  private final boolean fewValues;

  public RuleGenerator(long seed, boolean fewValues) {
    random = new SplittableRandom(seed);
    this.fewValues = fewValues;
  }

  public FlowRule nextRule() {
    int priority = fewValues ? random.nextInt(8) : random.nextInt(FlowRule.PRIORITY_MAX + 1);
    long cookie = random.nextInt(3) == 0 ? random.nextLong() : 0;
    if (random.nextInt(10) == 0) {
      priority = FlowRule.PRIORITY_DEFAULT;
    }
    Match match = nextMatch();
    return new FlowRule(priority, cookie, match, nextActions(match));
  }

  public Match nextMatch() {
    Match.Builder match = Match.builder();
    if (random.nextInt(4) == 0) {
      match.table(random.nextInt(fewValues ? 3 : Match.TABLE_MAX + 1));
    }
    if (random.nextInt(3) == 0) {
      match.inPort(port());
    }
    boolean icmpGiven = false;
    if (random.nextInt(4) != 0) {
      match.with(MatchField.DL_TYPE, TYPES[random.nextInt(TYPES.length)]);
      if (match.allows(MatchField.NW_PROTO) && random.nextInt(4) != 0) {
        match.with(MatchField.NW_PROTO, PROTOCOLS[random.nextInt(PROTOCOLS.length)]);
      }
      if (match.allows(MatchField.ICMP_TYPE) && random.nextBoolean()) {
        icmpGiven = true;
        match.with(MatchField.ICMP_TYPE, 135 + random.nextInt(2)).with(MatchField.ICMP_CODE, 0);
      }
    }
    List<MatchField> fields = new ArrayList<>(List.of(MatchField.values()));
    // The order matters where one field forbids another.
    for (int i = fields.size() - 1; i > 0; i--) {
      Collections.swap(fields, i, random.nextInt(i + 1));
    }
    boolean vlanParts = random.nextBoolean();
    for (MatchField field : fields) {
      boolean tci = field == MatchField.VLAN_TCI;
      boolean part = field == MatchField.DL_VLAN || field == MatchField.DL_VLAN_PCP;
      boolean given =
          field == MatchField.IN_PORT
              || field == MatchField.DL_TYPE
              || field == MatchField.NW_PROTO
              || (icmpGiven && (field == MatchField.ICMP_TYPE || field == MatchField.ICMP_CODE))
              || (tci && vlanParts)
              || (part && !vlanParts);
      if (!given && random.nextInt(field.isState() ? 40 : 4) == 0 && match.allows(field)) {
        addField(match, field);
      }
    }
    return buildWithoutConflict(match);
  }

  /** nw_frag=later takes the ground from under ports that were added before it. */
  private Match buildWithoutConflict(Match.Builder match) {
    try {
      return match.build();
    } catch (IllegalArgumentException conflict) {
      return nextMatch();
    }
  }

  private void addField(Match.Builder match, MatchField field) {
    if (field == MatchField.NW_FRAG) {
      int kind = random.nextInt(FRAGMENT_VALUES.length);
      match.with(FieldMatch.masked(field, FRAGMENT_VALUES[kind], FRAGMENT_MASKS[kind]));
      return;
    }
    long maskHigh = field.isWide() ? nextMask(64) : 0;
    long mask = field.isMaskable() ? nextMask(field.width()) : field.exactMask();
    long value = nextValue() & mask;
    if (field == MatchField.VLAN_TCI && (value & MatchField.TAG_PRESENT) == 0) {
      value = (mask & MatchField.TAG_PRESENT) != 0 ? 0 : value;
    }
    long valueHigh = field.isWide() ? nextValue() & maskHigh : 0;
    match.with(new FieldMatch(field, valueHigh, value, maskHigh, mask));
  }

  private long nextValue() {
    return fewValues ? random.nextInt(4) * 0x0001_1001_1101_0011L : random.nextLong();
  }

  /** All bits, a prefix, or any bits. */
  private long nextMask(int width) {
    long all = width >= 64 ? -1L : (1L << width) - 1;
    int bits = Math.min(width, 64);
    return switch (random.nextInt(3)) {
      case 0 -> all;
      case 1 -> all << random.nextInt(bits) & all;
      default -> (fewValues ? 0x0101_0101_0101_0101L : random.nextLong()) & all;
    };
  }

  /** Actions that a rule with this match can have. */
  public List<Action> nextActions(Match match) {
    List<Action> actions = new ArrayList<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      actions.add(
          switch (random.nextInt(14)) {
            case 6 -> nextMove(match);
            case 10 -> new Action.Group(random.nextLong(FlowGroup.ID_MAX + 1));
            case 7 ->
                new Action.Resubmit(
                    random.nextInt(Match.TABLE_MAX + 1), random.nextBoolean() ? port() : null);
            case 8 -> new Action.Mirror(port());
            case 9 -> new Action.Punt(1 + random.nextInt(Action.Punt.WHOLE_FRAME));
            case 0 -> Action.NORMAL;
            case 1 -> Action.FLOOD;
            case 2 -> Action.IN_PORT;
            case 3 -> Action.POP_VLAN;
            case 4 -> Action.DEC_TTL;
            case 5 -> nextChange();
            default -> Action.output(port());
          });
    }
    // A rule may push two tags, and three actions can be three.
    if (actions.stream().filter(action -> action instanceof Action.PushVlan).count() == 3) {
      actions.removeLast();
    }
    if (random.nextInt(8) == 0 && match.table() < Match.TABLE_MAX) {
      actions.add(
          new Action.GotoTable(
              match.table() + 1 + random.nextInt(Match.TABLE_MAX - match.table())));
    }
    return actions.isEmpty() ? List.of(Action.DROP) : actions;
  }

  private Action nextMove(Match match) {
    List<MatchField> all = List.of(MatchField.values());
    List<MatchField> settable = List.copyOf(Action.SetField.FIELDS);
    MatchField from = all.get(random.nextInt(all.size()));
    MatchField to = settable.get(random.nextInt(settable.size()));
    int fromBit = random.nextInt(from.width());
    int toBit = to.isMaskable() ? random.nextInt(to.width()) : 0;
    int most = Math.min(from.width() - fromBit, to.width() - toBit);
    int bits = to.isMaskable() ? 1 + random.nextInt(most) : to.width();
    try {
      Action move = new Action.Move(from, fromBit, to, toBit, bits);
      return match.allows(from) && match.allows(to) ? move : Action.DEC_TTL;
    } catch (IllegalArgumentException e) {
      return Action.DEC_TTL; // not these bits, or not this field
    }
  }

  private Action nextChange() {
    List<MatchField> settable = List.copyOf(Action.SetField.FIELDS);
    MatchField field = settable.get(random.nextInt(settable.size()));
    long maskHigh = field.isWide() ? nextMask(64) : 0;
    long mask = field.isMaskable() ? nextMask(field.width()) : field.exactMask();
    if (mask == 0 && maskHigh == 0) {
      return new Action.PushVlan(0x8100);
    }
    FieldMatch set =
        new FieldMatch(
            field, field.isWide() ? nextValue() & maskHigh : 0, nextValue() & mask, maskHigh, mask);
    return new Action.SetField(set, nextProtocol(field));
  }

  /** Whose field is set: {@code tcp_dst} is TCP's alone. */
  private int nextProtocol(MatchField field) {
    int[] protocols =
        switch (field) {
          case TP_SRC, TP_DST -> new int[] {Action.SetField.ANY_PROTOCOL, 6, 17, 132};
          case ICMP_TYPE, ICMP_CODE -> new int[] {Action.SetField.ANY_PROTOCOL, 58};
          default -> new int[] {Action.SetField.ANY_PROTOCOL};
        };
    return protocols[random.nextInt(protocols.length)];
  }

  private String port() {
    return PORTS.get(random.nextInt(PORTS.size()));
  }
}
