namespace Monitor.Bpf.Btf;

/// <summary>Finds global variables by the data sections of an object's BTF.</summary>
internal static class GlobalVariables
{
    /// <exception cref="KeyNotFoundException">It does not exist; the message lists those that do.</exception>
    internal static GlobalVariable Find(BtfTypes types, string name, string objectName)
    {
        var all = All(types).ToList();
        return all.FirstOrDefault(v => v.Name == name) is { Name: not null } found
            ? found
            : throw new KeyNotFoundException(
                $"{objectName} has no global variable '{name}'; there are: {string.Join(", ", all.Select(v => v.Name))}.");
    }

    private static IEnumerable<GlobalVariable> All(BtfTypes types)
    {
        for (uint id = 1; id < types.Count; id++)
        {
            var section = types[id];
            var sectionName = section.Kind == BtfKind.DataSection ? types.Name(section) : "";

            // Maps, licence, version and kernel configuration are data sections too, but not variables of the program.
            if (!IsVariables(sectionName))
            {
                continue;
            }

            for (var i = 0; i < section.Count; i++)
            {
                var at = section.Details + (i * 12);
                var variable = types[types.Word(at)];
                yield return new GlobalVariable(
                    types.Name(variable), sectionName, Clamp(types.Word(at + 4)), Clamp(types.Word(at + 8)));
            }
        }
    }

    // What lies beyond 2 GiB lies beyond the section, which the caller finds.
    private static int Clamp(uint value) => (int)Math.Min(value, int.MaxValue);

    private static bool IsVariables(string section) =>
        section is ".rodata" or ".data" or ".bss"
        || section.StartsWith(".rodata.", StringComparison.Ordinal)
        || section.StartsWith(".data.", StringComparison.Ordinal)
        || section.StartsWith(".bss.", StringComparison.Ordinal);
}
