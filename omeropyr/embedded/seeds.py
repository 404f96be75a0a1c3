"""What a new store holds: OMERO's enumerations, its users root and guest, its groups system, user and guest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import GUEST_GROUP, GUEST_USER, LEVELS, ROOT_USER, SYSTEM_GROUP, USER_GROUP
from omeropyr.embedded.schema import PERMISSIONS, schema

# Values as OMERO's database has them, in its order.
ENUMERATIONS: dict[str, str] = {
    "AcquisitionMode": "WideField WideFieldInterference LaserScanningConfocalMicroscopy SpinningDiskConfocal "
    "SlitScanConfocal MultiPhotonMicroscopy StructuredIllumination SingleMoleculeImaging TotalInternalReflection "
    "FluorescenceLifetime SpectralImaging FluorescenceCorrelationSpectroscopy NearFieldScanningOpticalMicroscopy "
    "SecondHarmonicGenerationImaging PALM STORM STED TIRF FSM LCM Other BrightField SweptFieldConfocal SPIM Unknown",
    "AdminPrivilege": "Chgrp Chown DeleteFile DeleteManagedRepo DeleteOwned DeleteScriptRepo ModifyGroup "
    "ModifyGroupMembership ModifyUser ReadSession Sudo WriteFile WriteManagedRepo WriteOwned WriteScriptRepo",
    "ArcType": "Hg Xe HgXe Other Unknown",
    "Binning": "1x1 2x2 4x4 8x8",
    "ChecksumAlgorithm": "Adler-32 CRC-32 MD5-128 Murmur3-32 Murmur3-128 SHA1-160 File-Size-64",
    "ContrastMethod": "Brightfield Phase DIC HoffmanModulation ObliqueIllumination PolarizedLight Darkfield "
    "Fluorescence Other Unknown",
    "Correction": "UV PlanApo PlanFluor SuperFluor VioletCorrected Unknown Achro Achromat Fluor Fl Fluar Neofluar "
    "Fluotar Apo PlanNeofluar Other",
    "DetectorType": "CCD IntensifiedCCD AnalogVideo PMT Photodiode Spectroscopy LifetimeImaging "
    "CorrelationSpectroscopy FTIR EM-CCD APD CMOS EBCCD Other Unknown",
    "DimensionOrder": "XYZCT XYZTC XYCTZ XYCZT XYTCZ XYTZC",
    "EventType": "Internal System User Initialize Test Task Processor Shutdown LoadScript Bootstrap Sessions",
    "ExperimentType": "FP FRET TimeLapse FourDPlus Screen Immunocytochemistry Immunofluorescence FISH "
    "Electrophysiology IonImaging Colocalization PGIDocumentation FRAP Photoablation Optical Other "
    "FluorescenceLifetime SpectralImaging PhotoactivationAnd Unknown",
    "Family": "linear polynomial exponential logarithmic",
    "FilamentType": "Incandescent Halogen Other Unknown",
    "FilterType": "LongPass ShortPass BandPass MultiPass Dichroic NeutralDensity Tuneable Other Unknown",
    "Format": "Deltavision Tiff OMETiff Text/Plain OMERO.fake PNG JPEG ImageJ LSM SVS NDPI ZarrV2 Directory",
    "Illumination": "Transmitted Epifluorescence Oblique NonLinear Other Unknown",
    "Immersion": "Oil Water WaterDipping Air Multi Glycerol Other Unknown",
    "JobStatus": "Submitted Resubmitted Queued Requeued Running Error Waiting Finished Cancelled",
    "LaserMedium": "Cu Ag ArFl ArCl KrFl KrCl XeFl XeCl XeBr N Ar Kr Xe HeNe HeCd CO CO2 H2O HFl NdGlass NdYAG ErGlass "
    "ErYAG HoYLF HoYAG Ruby TiSapphire Alexandrite Rhodamine6G CoumarinC30 GaAs GaAlAs EMinus Other Unknown",
    "LaserType": "Excimer Gas MetalVapor SolidState Dye Semiconductor FreeElectron Other Unknown",
    "Medium": "Air Oil Water Glycerol Other Unknown",
    "MicrobeamManipulationType": "FRAP Photoablation Photoactivation Uncaging OpticalTrapping FLIP InverseFRAP Other "
    "Unknown",
    "MicroscopeType": "Upright Inverted Dissection Electrophysiology Other Unknown",
    "PhotometricInterpretation": "RGB ARGB CMYK HSV Monochrome ColorMap",
    "PixelsType": "bit int8 int16 int32 uint8 uint16 uint32 float double complex double-complex",
    "ProjectionAxis": "Z T C",
    "ProjectionType": "maximum mean sum",
    "Pulse": "CW Single QSwitched Repetitive ModeLocked Other Unknown",
    "RenderingModel": "rgb greyscale",
}
BIT_SIZES = {
    "bit": 1, "int8": 8, "int16": 16, "int32": 32, "uint8": 8, "uint16": 16, "uint32": 32,
    "float": 32, "double": 64, "complex": 64, "double-complex": 128,
}  # fmt: skip


def plant(connection: Connection) -> None:
    """Fill an empty store."""
    tables = schema()
    plant_enumerations(connection)
    groups = ((SYSTEM_GROUP, "system", LEVELS[0]), (USER_GROUP, "user", LEVELS[1]), (GUEST_GROUP, "guest", LEVELS[0]))
    for group_id, name, lvl in groups:
        group = {"id": group_id, "version": 0, "name": name, "ldap": False, PERMISSIONS: lvl.perm1}
        connection.execute(insert(tables.of(model()["ExperimenterGroup"])).values(**group))
    users = ((ROOT_USER, "root", "root", "root"), (GUEST_USER, "guest", "Guest", "Account"))
    for user_id, name, first, last in users:
        user = {"id": user_id, "version": 0, "omeName": name, "firstName": first, "lastName": last, "ldap": False}
        connection.execute(insert(tables.of(model()["Experimenter"])).values(**user))
    members = ((ROOT_USER, SYSTEM_GROUP, True), (ROOT_USER, USER_GROUP, False), (GUEST_USER, GUEST_GROUP, False))
    places: dict[int, int] = {}
    for user_id, group_id, owner in members:
        place = places[user_id] = places.get(user_id, -1) + 1
        member = {"version": 0, "parent": group_id, "child": user_id, "owner": owner, "child__index": place}
        connection.execute(insert(tables.of(model()["GroupExperimenterMap"])).values(**member))


def plant_enumerations(connection: Connection) -> None:
    """Write the values of OMERO's enumerations that are not there yet."""
    for name, values in ENUMERATIONS.items():
        table = schema().of(model()[name])
        known = set(connection.execute(select(table.c.value)).scalars())
        rows: list[dict[str, Any]] = [{"value": value} for value in values.split() if value not in known]
        if name == "PixelsType":
            rows = [{**row, "bitSize": BIT_SIZES[row["value"]]} for row in rows]
        if rows:
            connection.execute(insert(table), rows)
