namespace Monitor.Bpf.Kernel;

/// <summary>
/// Names for addresses in the kernel's code. Reads /proc/kallsyms at the first question (a few tenths of a second) and keeps some 40
/// bytes per function. Thread-safe.
/// </summary>
/// <remarks>
/// Modules come and go. A second after a question it looks in the background whether they have, and reads the table again then:
/// what was asked in between may have no name, or that of a module that lay there before.
/// </remarks>
public sealed class KernelSymbols
{
    // Beyond this the address is not in that function but in something without a name (JIT code, a hole between modules).
    private const ulong MaximumOffset = 1 << 20;

    private readonly string _path;
    private readonly string _modulesPath;
    private readonly TimeSpan _delay;
    private readonly Lazy<SymbolTable> _first;
    private SymbolTable? _newer;
    private string _modules = "";
    private int _generation;
    private int _isLooking;

    /// <summary>For the running kernel. Nothing is read yet.</summary>
    public KernelSymbols()
        : this("/proc/kallsyms", "/proc/modules", TimeSpan.FromSeconds(1))
    {
    }

    internal KernelSymbols(string path, string modulesPath, TimeSpan delay)
    {
        _path = path;
        _modulesPath = modulesPath;
        _delay = delay;
        _first = new Lazy<SymbolTable>(() =>
        {
            // Before the table: a module that comes in between is seen as new.
            _modules = ReadModules();
            return SymbolTable.Load(path);
        });
    }

    /// <summary>
    /// Whether addresses are visible to this process: kernel.kptr_restrict and CAP_SYSLOG decide. If not, nothing can be
    /// resolved.
    /// </summary>
    public bool IsAvailable => Table.Count > 0;

    /// <summary>Number of functions known.</summary>
    public int Count => Table.Count;

    /// <summary>How many times the table was read again: earlier answers may be others now.</summary>
    public int Generation => Volatile.Read(ref _generation);

    private SymbolTable Table => Volatile.Read(ref _newer) ?? _first.Value;

    /// <summary>The function that contains an address.</summary>
    /// <returns>"name+0x1a", with " [module]" behind it for one of a module; null where it is unknown.</returns>
    public string? Resolve(ulong address)
    {
        var table = Table;
        if (table.Count > 0 && Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            _ = LookAgainAsync();
        }

        return table.Resolve(address, MaximumOffset);
    }

    private async Task LookAgainAsync()
    {
        await Task.Delay(_delay).ConfigureAwait(false);
        var modules = ReadModules();
        if (modules != _modules && SymbolTable.Load(_path) is { Count: > 0 } table)
        {
            _modules = modules;
            Volatile.Write(ref _newer, table);
            Interlocked.Increment(ref _generation);
        }

        Volatile.Write(ref _isLooking, 0);
    }

    // Names and addresses: how many use a module says nothing here.
    private string ReadModules()
    {
        try
        {
            return string.Join('\n', File.ReadLines(_modulesPath).Select(line => line.Split(' ')).Select(words => $"{words[0]} {words[^1]}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
