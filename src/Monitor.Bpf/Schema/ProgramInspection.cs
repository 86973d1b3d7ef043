namespace Monitor.Bpf.Schema;

/// <summary>A program of an object that was inspected.</summary>
/// <param name="Name">Name of the C function.</param>
/// <param name="Section">Where it attaches, without the "?" of an optional one.</param>
/// <param name="TypeName">Its type in short words, see <see cref="BpfProgram.TypeName"/>.</param>
/// <param name="IsOptional">Whether its section begins with "?": it is not loaded by itself.</param>
/// <param name="Instructions">Its instructions, with those of the functions that it calls.</param>
/// <param name="Helpers">
/// The kernel's helpers that it calls, also where a knob or CO-RE switches the call off: names such as
/// <c>bpf_map_lookup_elem</c>, in alphabetical order, or <c>helper 999</c> where the running kernel does not know it.
/// </param>
/// <param name="KernelFunctions">The kernel's functions that it calls by name (kfuncs), in alphabetical order.</param>
public sealed record ProgramInspection(
    string Name,
    string Section,
    string TypeName,
    bool IsOptional,
    int Instructions,
    IReadOnlyList<string> Helpers,
    IReadOnlyList<string> KernelFunctions);
