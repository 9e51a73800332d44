// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * What may touch raw memory, and how. A guest can truncate the file behind its memory at any time;
 * the access that hits the hole then faults. HotSpot turns the fault of a plain, acquire or release
 * access and of a bulk copy into an {@code InternalError}; the fault of a compare-and-set in the
 * interpreter, or inside a native call, ends the JVM.
 */
@AnalyzeClasses(packages = "io.iovtee", importOptions = ImportOption.DoNotIncludeTests.class)
final class GuestMemoryRulesTest {
  private static final String LINUX = "io.iovtee.vswitch.linux..";

  private static final String[] TOUCH_GUEST_MEMORY = {
    "io.iovtee.vswitch.memory..",
    "io.iovtee.vswitch.virtio..",
    "io.iovtee.vswitch.vhost..",
    "io.iovtee.vswitch.datapath..",
    "io.iovtee.vswitch.nic..",
    "io.iovtee.plugin..",
  };

  /** VarHandle methods that read and write in one step; a byte of guest memory must see none. */
  private static final String READ_MODIFY_WRITE =
      "(weakCompareAnd|compareAnd|getAnd)(Set|Exchange|Add|Bitwise).*";

  @ArchTest
  static final ArchRule NATIVE_CALLS_IN_LINUX_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage(LINUX)
          .should()
          .dependOnClassesThat()
          .haveNameMatching("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor).*")
          .because("one package holds every native call, with its errno and its man page");

  @ArchTest
  static final ArchRule SEGMENTS_OUT_OF_NOTHING_IN_LINUX_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage(LINUX)
          .should()
          .callMethodWhere(
              target(owner(Predicates.assignableTo(MemorySegment.class)))
                  .and(target(nameMatching("reinterpret|ofAddress"))))
          .orShould()
          .callMethodWhere(
              target(owner(Predicates.assignableTo(AddressLayout.class)))
                  .and(target(nameMatching("withTargetLayout"))))
          .because("raw memory goes through AddressSpace, which knows what may be touched");

  @ArchTest
  static final ArchRule NO_READ_MODIFY_WRITE_NEAR_GUEST_MEMORY =
      noClasses()
          .that()
          .resideInAnyPackage(TOUCH_GUEST_MEMORY)
          .should()
          .callMethodWhere(
              target(owner(Predicates.assignableTo(VarHandle.class)))
                  .and(target(nameMatching(READ_MODIFY_WRITE))))
          .because(
              "a compare-and-set on a truncated guest file ends the JVM; for a field on the heap"
                  + " use java.util.concurrent.atomic, which cannot be pointed at a segment");

  private GuestMemoryRulesTest() {}
}
