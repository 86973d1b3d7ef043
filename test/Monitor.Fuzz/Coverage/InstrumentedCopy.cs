using SharpFuzz;

namespace Monitor.Fuzz.Coverage;

/// <summary>A copy of this program whose assemblies of ours note each branch that they take, for AFL++ to read. What is shipped and
/// tested elsewhere stays as it was built.</summary>
internal static class InstrumentedCopy
{
    /// <summary>Makes it anew.</summary>
    /// <param name="folder">Where to.</param>
    /// <returns>The program in it.</returns>
    public static string Make(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var own = Path.GetFileName(typeof(InstrumentedCopy).Assembly.Location);
        var ours = Directory.EnumerateFiles(folder, "*.dll")
            .Where(path => Path.GetFileName(path) is var name && name != own && name.StartsWith("monitor", StringComparison.OrdinalIgnoreCase));
        foreach (var path in ours)
        {
            Fuzzer.Instrument(path, static _ => true, Options.Value);
        }

        return Path.Combine(folder, own);
    }
}
