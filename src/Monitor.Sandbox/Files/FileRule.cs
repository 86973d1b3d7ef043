namespace Monitor.Sandbox.Files;

/// <summary>Allows something.</summary>
/// <param name="Path">A file, or a folder with all that is below; what is not there is left out.</param>
/// <param name="Rights">What; everything else is refused.</param>
internal readonly record struct FileRule(string Path, FileRights Rights);
