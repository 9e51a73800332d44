// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Reads types and methods out of source files with the JDK's own parser. */
final class JavaSource {
  /** A type or method and the lines it stands on, counted from 1. */
  record Member(Path file, String name, long firstLine, long lastLine) {}

  private JavaSource() {}

  static List<Member> methodsOf(List<Path> files) throws IOException {
    return membersOf(files).stream().filter(member -> member.name().contains("(")).toList();
  }

  static List<Member> typesOf(List<Path> files) throws IOException {
    return membersOf(files).stream().filter(member -> !member.name().contains("(")).toList();
  }

  private static List<Member> membersOf(List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager opened = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  opened,
                  null,
                  List.of("-proc:none"),
                  null,
                  opened.getJavaFileObjectsFromPaths(files));
      List<Member> members = new ArrayList<>();
      for (CompilationUnitTree unit : task.parse()) {
        new Scanner(unit, Trees.instance(task).getSourcePositions(), members).scan(unit, null);
      }
      return members;
    }
  }

  private static final class Scanner extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<Member> members;

    Scanner(CompilationUnitTree unit, SourcePositions positions, List<Member> members) {
      this.unit = unit;
      this.positions = positions;
      this.members = members;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
      add(type, type, type.getSimpleName().toString());
      return super.visitClass(type, unused);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      // From its body on: the table above a parameterized test is not code.
      Tree body = method.getBody();
      add(body == null ? method : body, method, method.getName() + "()");
      return super.visitMethod(method, unused);
    }

    private void add(Tree first, Tree last, String name) {
      members.add(
          new Member(
              Path.of(unit.getSourceFile().toUri()),
              name,
              unit.getLineMap().getLineNumber(positions.getStartPosition(unit, first)),
              unit.getLineMap().getLineNumber(positions.getEndPosition(unit, last))));
    }
  }
}
