using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Monitor.ClickHouse.Tests;

/// <summary>chDB, an engine of today, behind the HTTP server of <c>engines/chdb.js</c>; with the tables that users make.</summary>
internal sealed partial class CurrentEngine : Engine
{
    private static readonly string Module = Path.Combine(RepositoryRoot(), "artifacts", "tools", "node_modules", "chdb");

    public override ServerDialect Dialect => ServerDialect.Current;

    /// <summary>Starts one with empty tables; skips the test where there is none.</summary>
    public static async Task<CurrentEngine> StartNewAsync()
    {
        Missing.SkipUnless(Directory.Exists(Module), "chDB: ./build.sh test installs it with npm");
        var engine = new CurrentEngine();
        await engine.StartAsync();
        await engine.CreateTablesAsync();
        return engine;
    }

    /// <summary>The statements of the file that users run.</summary>
    public static IEnumerable<string> Schema() =>
        Comment().Replace(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schema.sql")), "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    protected override ProcessStartInfo StartInfo() => new(
        "node",
        [
            Path.Combine(AppContext.BaseDirectory, "engines", "chdb.js"),
            Port.ToString(CultureInfo.InvariantCulture), Folder, User, Password,
        ])
    {
        Environment = { ["CHDB_MODULE"] = Module },
    };

    protected override IEnumerable<string> Tables() => Schema();

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monitor.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
