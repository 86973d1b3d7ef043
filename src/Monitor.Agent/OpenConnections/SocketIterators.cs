using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Btf;

namespace Monitor.Agent.OpenConnections;

/// <summary>
/// The iterators of bpf/open_connections.bpf.c in the kernel. They run when somebody reads them, and are attached to nothing
/// else.
/// </summary>
internal sealed class SocketIterators : IDisposable
{
    private const string ObjectFile = "open_connections.bpf.o";

    /// <summary>Name of the program that visits the files of processes.</summary>
    public const string FilesProgram = "walk_files";

    /// <summary>Name of the program that visits the kernel's table.</summary>
    public const string TableProgram = "walk_table";

    private readonly IDisposable? _owner;

    /// <param name="files">The sockets of processes. Null: this cannot be done on this machine, and the note says why.</param>
    /// <param name="table">The kernel's table of connections. Null: only sockets of processes are seen, and the note says
    /// why.</param>
    /// <param name="note">What is missing, why, and the remedy; empty where nothing is.</param>
    /// <param name="owner">What else to dispose of in the end.</param>
    public SocketIterators(BpfLink? files, BpfLink? table, string note, IDisposable? owner = null)
    {
        Files = files;
        Table = table;
        Note = note;
        _owner = owner;
    }

    /// <summary>The sockets of processes; null where there is no such iterator.</summary>
    public BpfLink? Files { get; }

    /// <summary>The kernel's table of connections; null where there is no such iterator.</summary>
    public BpfLink? Table { get; }

    /// <summary>What is missing; empty where nothing is.</summary>
    public string Note { get; }

    /// <summary>Loads them, as far as this kernel lets them be loaded. That is found out by trying.</summary>
    /// <param name="folder">Where the compiled objects are.</param>
    /// <param name="filter">What part of the machine is watched.</param>
    /// <param name="connections">What the monitors know of established connections; null: they know nothing.</param>
    public static SocketIterators Load(string folder, KernelFilter filter, BpfMap? connections = null)
    {
        var makesCookies = true;
        string? withoutTable = null;
        while (true)
        {
            BpfObject? bpf = null;
            try
            {
                bpf = BpfObject.Open(Path.Combine(folder, ObjectFile));
                var differences = RecordLayout.Check<OpenConnectionRecord>(bpf, "open_connection_record");
                if (differences.Count > 0)
                {
                    bpf.Dispose();
                    return new SocketIterators(
                        null, null, $"{ObjectFile} is from another version: {string.Join("; ", differences.Take(3))}; rebuild it");
                }

                bpf.SetGlobal("network_namespace", filter.NetworkNamespace ?? 0);
                bpf.SetGlobal("cgroup_id", filter.Cgroup?.Id ?? 0);
                bpf.SetGlobal("makes_cookies", makesCookies);
                bpf.Program(TableProgram).AutoLoad = withoutTable is null;
                if (connections is not null)
                {
                    bpf.Map("connections").Share(connections);
                }

                bpf.Load();
                return new SocketIterators(
                    bpf.Program(FilesProgram).Attach(),
                    withoutTable is null ? bpf.Program(TableProgram).Attach() : null,
                    withoutTable ?? "",
                    bpf);
            }
            catch (BpfException failure)
            {
                bpf?.Dispose();
                if (failure.ObjectName == TableProgram && withoutTable is null)
                {
                    withoutTable = $"sockets that no process has are missing: {failure.Message}";
                }
                else if (failure.ObjectName == FilesProgram && makesCookies)
                {
                    makesCookies = false;
                }
                else
                {
                    return new SocketIterators(null, null, failure.Message);
                }
            }
        }
    }

    public void Dispose()
    {
        Files?.Dispose();
        Table?.Dispose();
        _owner?.Dispose();
    }
}
