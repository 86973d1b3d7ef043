namespace Monitor.Bpf.Kernel;

/// <summary>
/// Names for addresses in the kernel's code. Reads /proc/kallsyms at the first question (a few tenths of a second) and keeps some 40
/// bytes per function. Thread-safe.
/// </summary>
/// <remarks>Modules that are loaded later are not known; make a new one to see them.</remarks>
public sealed class KernelSymbols
{
    // Beyond this the address is not in that function but in something without a name (JIT code, a hole between modules).
    private const ulong MaximumOffset = 1 << 20;

    private readonly Lazy<SymbolTable> _table;

    /// <summary>For the running kernel. Nothing is read yet.</summary>
    public KernelSymbols()
        : this("/proc/kallsyms")
    {
    }

    internal KernelSymbols(string path) => _table = new Lazy<SymbolTable>(() => SymbolTable.Load(path));

    /// <summary>
    /// Whether addresses are visible to this process: kernel.kptr_restrict and CAP_SYSLOG decide. If not, nothing can be
    /// resolved.
    /// </summary>
    public bool IsAvailable => _table.Value.Count > 0;

    /// <summary>Number of functions known.</summary>
    public int Count => _table.Value.Count;

    /// <summary>The function that contains an address.</summary>
    /// <returns>"name+0x1a", with " [module]" behind it for one of a module; null where it is unknown.</returns>
    public string? Resolve(ulong address) => _table.Value.Resolve(address, MaximumOffset);
}
