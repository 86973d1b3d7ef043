using Google.Protobuf;
using Google.Protobuf.Reflection;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>A row of a Parquet file.</summary>
/// <param name="Event">The event; null where the row is a loss.</param>
/// <param name="DetailField">Which detail it has; null: none.</param>
/// <param name="Detail">That detail.</param>
/// <param name="Loss">The loss; null where the row is an event.</param>
internal readonly record struct ExportRow(Event? Event, FieldDescriptor? DetailField, IMessage? Detail, Loss? Loss)
{
    private static readonly OneofAccessor DetailOf = Event.Descriptor.FindFieldByName("connection").ContainingOneof.Accessor;

    public static ExportRow Of(Event added)
    {
        var detail = DetailOf.GetCaseFieldDescriptor(added);
        return new ExportRow(added, detail, (IMessage?)detail?.Accessor.GetValue(added), null);
    }

    public static ExportRow Of(Loss loss) => new(null, null, null, loss);
}
