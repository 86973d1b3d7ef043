namespace Monitor.Server;

/// <summary>What a client puts into a path.</summary>
/// <param name="Name">Its name in the path.</param>
/// <param name="FieldPath">The field that it sets, by names of the .proto file joined by dots. Null: none.</param>
/// <param name="Pattern">The segments that it takes, for example <c>shelves/*</c>. Null: any one segment.</param>
internal sealed record RestPathVariable(string Name, string? FieldPath, string? Pattern);
